import { createHash } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip as gzipCallback } from "node:zlib";
import { statusFor } from "./conditional.ts";
import { chooseCoding } from "./negotiate.ts";

const gzip = promisify(gzipCallback);

/** Below this size compression saves less than a packet. */
const GZIP_BYTES_MIN = 1024;
/** Level 4 costs a third of level 9 and comes within a tenth of its size. */
const GZIP_LEVEL = 4;

/** A text with what every answer with it needs: a page, the OPML, a story's record, an asset. */
export interface Text {
  readonly mediaType: string;
  /** Digest of the bytes: the entity tag without quotes. */
  readonly tag: string;
  readonly identity: Buffer;
  /** Undefined where compression is not worth it. */
  readonly gzip: Buffer | undefined;
}

/** Makes a text ready to be answered. */
export async function prepareText(body: string, mediaType: string): Promise<Text> {
  const identity = Buffer.from(body);
  return {
    mediaType,
    tag: createHash("sha256").update(identity).digest("base64url").slice(0, 22),
    identity,
    gzip: identity.length < GZIP_BYTES_MIN ? undefined : await gzip(identity, { level: GZIP_LEVEL }),
  };
}

/**
 * Answers with a text: 304 where the client has it, else gzip or identity as asked. Caches may keep it but ask again
 * every time, unless `headers` say otherwise.
 */
export function answerText(
  request: IncomingMessage,
  response: ServerResponse,
  text: Text,
  headers: OutgoingHttpHeaders = {},
): void {
  const isGzip = text.gzip !== undefined && chooseCoding(request.headers["accept-encoding"]) === "gzip";
  const body = isGzip ? text.gzip : text.identity;
  const revisionEtags = [`"${text.tag}"`, `"${text.tag}.gz"`];
  const etag = `"${text.tag}${isGzip ? ".gz" : ""}"`;
  const validators = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ...headers, ETag: etag };
  if (statusFor(request.headers, { etag, revisionEtags }) === 304) {
    response.writeHead(304, validators).end();
    return;
  }
  response.writeHead(200, {
    ...validators,
    "Content-Type": text.mediaType,
    "Content-Length": body?.length,
    "X-Content-Type-Options": "nosniff",
    ...(isGzip ? { "Content-Encoding": "gzip" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
