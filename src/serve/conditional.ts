import type { IncomingHttpHeaders } from "node:http";
import { RequestError } from "../errors.ts";
import { type EntityTag, parseEntityTags } from "./entity-tag.ts";
import { parseHttpDate } from "./http-date.ts";

/** The validators of the representation that would be answered with 200. */
export interface Validators {
  /** Its strong entity tag, with quotes. */
  readonly etag: string;
  /** Entity tags, with quotes, of all codings of the same revision, this one among them. */
  readonly revisionEtags: readonly string[];
  /** Milliseconds since 1970 UTC, whole seconds; absent where no Last-Modified is sent, then dates decide nothing. */
  readonly lastModifiedAt?: number;
  /** The same as an HTTP-date. */
  readonly lastModified?: string;
}

// Compressing proxies mark the tag of what they compressed: Apache `-gzip`, Jetty `--gzip`, some caches `;gzip`.
const PROXY_SUFFIX = /(?:-{1,2}|;)(?:gzip|br|zstd|deflate)"$/;

/**
 * Whether a tag in If-None-Match names what we would answer. A strong tag as we sent it must be the very one (weak
 * comparison, RFC 9110 §8.8.3.2: the coding is part of our tags, and a cache may hold several). A tag that a proxy
 * weakened or marked when it changed the coding tells the revision only.
 */
function isCurrent(tag: EntityTag, validators: Validators): boolean {
  if (tag.opaque === validators.etag) return true;
  if (tag.weak && validators.revisionEtags.includes(tag.opaque)) return true;
  return PROXY_SUFFIX.test(tag.opaque) && validators.revisionEtags.includes(tag.opaque.replace(PROXY_SUFFIX, '"'));
}

/** Whether If-Match fails (RFC 9110 §13.1.1): strong comparison, so a weakened tag never matches. */
function failsIfMatch(header: string, validators: Validators): boolean {
  if (header.trim() === "*") return false;
  return !parseEntityTags(header).some((tag) => !tag.weak && tag.opaque === validators.etag);
}

/** Whether If-Unmodified-Since fails (RFC 9110 §13.1.4); what is no date is ignored. */
function failsIfUnmodifiedSince(header: string, validators: Validators): boolean {
  const since = parseHttpDate(header);
  return since !== null && validators.lastModifiedAt !== undefined && validators.lastModifiedAt > since;
}

function matchesIfNoneMatch(header: string, validators: Validators): boolean {
  if (header === validators.etag || header.trim() === "*") return true;
  return parseEntityTags(header).some((tag) => isCurrent(tag, validators));
}

/** Whether nothing changed since (RFC 9110 §13.1.3); what is no date is ignored. */
function matchesIfModifiedSince(header: string, validators: Validators): boolean {
  if (header === validators.lastModified) return true;
  const since = parseHttpDate(header);
  return since !== null && validators.lastModifiedAt !== undefined && validators.lastModifiedAt <= since;
}

/** Whether the client wants an answer only if it is another one than ours (RFC 9110 §13.2.2, steps 1 and 2). */
function failsPrecondition(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) return failsIfMatch(ifMatch, validators);
  const ifUnmodifiedSince = headers["if-unmodified-since"];
  return ifUnmodifiedSince !== undefined && failsIfUnmodifiedSince(ifUnmodifiedSince, validators);
}

/**
 * Whether a GET or HEAD of an existing representation is 200 or 304, in the order of RFC 9110 §13.2.2: If-Match, else
 * If-Unmodified-Since; then If-None-Match, else If-Modified-Since. Ranges are not offered. Throws a RequestError
 * `precondition_failed` (412).
 */
export function statusFor(headers: IncomingHttpHeaders, validators: Validators): 200 | 304 {
  if (failsPrecondition(headers, validators)) {
    throw new RequestError("Cannot send this: it is not what If-Match or If-Unmodified-Since asks for", {
      code: "precondition_failed",
      status: 412,
    });
  }
  // §13.1.3: If-Modified-Since is ignored where If-None-Match stands. newsboat and feedparser send both.
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return matchesIfNoneMatch(ifNoneMatch, validators) ? 304 : 200;
  const ifModifiedSince = headers["if-modified-since"];
  return ifModifiedSince !== undefined && matchesIfModifiedSince(ifModifiedSince, validators) ? 304 : 200;
}
