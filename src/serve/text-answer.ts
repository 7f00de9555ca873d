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

/** A text made for this request: a page, the OPML, a story's record. */
export interface TextAnswer {
  readonly body: string;
  readonly mediaType: string;
  readonly headers?: OutgoingHttpHeaders;
}

/**
 * Answers with a text: 304 where the client has it (its entity tag is a digest of the text), else gzip or identity as
 * asked. What is not known to be fresh is kept by caches but asked for again every time.
 */
export async function answerText(
  request: IncomingMessage,
  response: ServerResponse,
  answer: TextAnswer,
): Promise<void> {
  const digest = createHash("sha256").update(answer.body).digest("base64url").slice(0, 22);
  const isGzip = answer.body.length >= GZIP_BYTES_MIN && chooseCoding(request.headers["accept-encoding"]) === "gzip";
  const etag = isGzip ? `"${digest}.gz"` : `"${digest}"`;
  const headers = { "Cache-Control": "no-cache", Vary: "Accept-Encoding", ...answer.headers, ETag: etag };
  const revisionEtags = [`"${digest}"`, `"${digest}.gz"`];
  if (statusFor(request.headers, { etag, revisionEtags }) === 304) {
    response.writeHead(304, headers).end();
    return;
  }
  const bytes = Buffer.from(answer.body);
  const body = isGzip ? await gzip(bytes, { level: GZIP_LEVEL }) : bytes;
  response.writeHead(200, {
    ...headers,
    "Content-Type": answer.mediaType,
    "Content-Length": body.length,
    ...(isGzip ? { "Content-Encoding": "gzip" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
