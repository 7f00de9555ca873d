import type { IncomingMessage, ServerResponse } from "node:http";
import { type DocumentAddress, parseDocumentPath } from "./addresses.ts";
import { isPlainRead } from "./admit.ts";
import { countAnswer, type StatusCounts } from "./metrics.ts";
import type { SnapshotAnswers } from "./snapshot-answer.ts";
import type { Wire } from "./wire.ts";

type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Answers reads of documents that are ready before Express sees them, at the cost of plain node:http. False, and
 * nothing written, for every other request: Express answers those, and has the last word on what they mean.
 */
export function createHotPath(wire: Wire, answers: SnapshotAnswers, counts: StatusCounts): HotPath {
  const find = ({ slug, format }: DocumentAddress) => wire.readySnapshot(slug, format);

  return (request, response) => {
    const address = isPlainRead(request) ? parseDocumentPath(request.url ?? "") : null;
    const snapshot = address === null ? undefined : find(address);
    if (snapshot === undefined) return false;
    answers.answer(request, response, snapshot, wire.freshForMs(snapshot.slug));
    countAnswer(counts, response.statusCode);
    return true;
  };
}
