import type { IncomingMessage } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { RequestError } from "../errors.ts";
import { tellMethods } from "./reads.ts";

/** Characters of an address. RFC 9110 §4.1 asks for 8000 at least. */
const ADDRESS_CHARACTERS_MAX = 8192;

/**
 * Whether a request names one host, as RFC 9112 §3.2 demands of HTTP/1.1: without, or with two, it may be meant for
 * somebody else. Nothing else of the field matters here.
 */
function hasOneHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0);
}

/** Whether `admit` has nothing to say of a read with nothing behind its head: the kind that the hot path answers. */
export function isPlainRead(request: IncomingMessage): boolean {
  if ((request.method !== "GET" && request.method !== "HEAD") || request.httpVersionMajor !== 1) return false;
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return length === undefined && coding === undefined && hasOneHost(request);
}

/** A path, an address with a host, or the whole server (RFC 9112 §3.2). Express never answers what has neither. */
const TARGET = /^(?:\/|https?:\/\/[^/?#]|\*$)/i;

/** Refuses a request whose target names nothing; RequestError `malformed_request` (400). */
export function requireTarget({ url = "" }: IncomingMessage): void {
  if (TARGET.test(url)) return;
  throw new RequestError("Cannot read this request: its target is neither a path nor an address", {
    code: "malformed_request",
    status: 400,
  });
}

/** Why a request cannot be read as it stands; undefined when it can. */
function refusalOf(request: IncomingMessage): RequestError | undefined {
  if (request.httpVersionMajor !== 1) {
    return new RequestError("There is only HTTP/1.0 and HTTP/1.1 here", { code: "unknown_version", status: 505 });
  }
  if (!hasOneHost(request)) {
    return new RequestError("Cannot read this request: it needs one Host field", { code: "bad_host", status: 400 });
  }
  // RFC 9112 §6.1: where its body ends, and the next request begins, cannot be known.
  if ((request.headers["transfer-encoding"] ?? "chunked").toLowerCase() !== "chunked") {
    return new RequestError("Cannot read this request: its transfer coding is unknown", {
      code: "unknown_transfer_coding",
      status: 501,
    });
  }
  if ((request.url?.length ?? 0) > ADDRESS_CHARACTERS_MAX) {
    return new RequestError("The address of this request is too long", { code: "address_too_long", status: 414 });
  }
  return undefined;
}

/** Refuses what no route should see; a body that nobody reads ends the connection, so that it is not taken for a request. */
export function admit(request: Request, response: Response, next: NextFunction): void {
  if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined) {
    response.setHeader("Connection", "close");
  }
  const refusal = refusalOf(request);
  if (refusal !== undefined) throw refusal;
  // OPTIONS of the whole server (RFC 9110 §9.3.7).
  if (request.url === "*" && request.method === "OPTIONS") tellMethods(request, response, next);
  else next();
}
