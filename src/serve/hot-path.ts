import type { IncomingMessage, ServerResponse } from "node:http";
import { type DocumentAddress, parseDocumentPath } from "./addresses.ts";
import type { SnapshotAnswers } from "./snapshot-answer.ts";
import type { Wire } from "./wire.ts";

type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Whether the request is of the plain kind that the hot path answers: a read, with a host, with nothing behind its head. */
function isPlainRead(request: IncomingMessage): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const { host, "content-length": length, "transfer-encoding": coding } = request.headers;
  return host !== undefined && length === undefined && coding === undefined;
}

/**
 * Answers reads of documents that are ready, before Express sees them, at the cost of plain node:http. False, and
 * nothing written, for every other request: Express answers those, and has the last word on what they mean.
 */
export function createHotPath(wire: Wire, answers: SnapshotAnswers): HotPath {
  const find = ({ slug, format }: DocumentAddress) => wire.readySnapshot(slug, format);

  return (request, response) => {
    const address = isPlainRead(request) ? parseDocumentPath(request.url ?? "") : null;
    const snapshot = address === null ? undefined : find(address);
    if (snapshot === undefined) return false;
    answers.answer(request, response, snapshot, wire.freshForMs(snapshot.slug));
    return true;
  };
}
