import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import { RequestError, StoreError } from "../errors.ts";
import type { View } from "../html/view.ts";
import type { Log } from "./log.ts";
import { prefersPage } from "./negotiate.ts";

/** Characters of a detail that are told; messages may hold what was sent to us. */
const DETAIL_CHARACTERS_MAX = 300;

/** What a client is told of a failure (RFC 9457 §3.1), and the headers that go with the status. */
export interface Problem {
  readonly status: number;
  /** Stable, lower snake case; an extension member of the document. */
  readonly code: string;
  readonly detail: string;
  readonly headers: OutgoingHttpHeaders;
}

/** How people are told of a problem: sets the headers that pages need, and answers the page. */
export type ProblemPage = (problem: Problem, request: IncomingMessage, response: ServerResponse) => View;

const RETRY_SECONDS = 10;

/** A problem from its parts. */
export function problemOf(status: number, code: string, detail: string, headers: OutgoingHttpHeaders = {}): Problem {
  return { status, code, detail: detail.slice(0, DETAIL_CHARACTERS_MAX), headers };
}

/** Status of the errors that Express and its router throw for a request they cannot read; undefined for any other. */
function requestFault(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}

/**
 * What an error means to the client. A RequestError says it itself; a StoreError is 503, since polls and readers come
 * back; a path that cannot be decoded is 400; everything else is 500, and its text is for the log only.
 */
function problemFor(error: unknown): Problem {
  if (error instanceof RequestError) {
    const headers = error.status === 503 || error.status === 429 ? { "Retry-After": String(RETRY_SECONDS) } : {};
    return problemOf(error.status, error.code, error.message, headers);
  }
  if (error instanceof StoreError) {
    return problemOf(503, "store_unavailable", "The database cannot be read now", {
      "Retry-After": String(RETRY_SECONDS),
    });
  }
  if (requestFault(error) !== undefined) {
    return problemOf(400, "malformed_request", "Cannot read the address of this request");
  }
  return problemOf(500, "internal", "Something failed here; the log of the service says what");
}

/** The problem document. Its type is about:blank (RFC 9457 §4.2.1), so its title is the status phrase. */
export function problemDocument({ status, code, detail }: Problem): string {
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code });
}

/** Headers of every problem document. */
export const PROBLEM_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "application/problem+json; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Access-Control-Allow-Origin": "*",
};

/** Writes a problem: as a page to whoever likes pages best, else as the document. */
function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem, page: ProblemPage): void {
  const isPage = prefersPage(request.headers.accept);
  const body = Buffer.from(isPage ? page(problem, request, response).toString() : problemDocument(problem));
  response.writeHead(problem.status, {
    ...PROBLEM_HEADERS,
    ...(isPage ? { "Content-Type": "text/html; charset=utf-8" } : {}),
    ...problem.headers,
    Vary: "Accept",
    "Content-Length": body.length,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Without the query: it may hold the token of a feed. */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

/** Turns whatever was thrown while answering into an answer, and logs what is our fault. */
export function createErrorAnswer(page: ProblemPage, log: Log) {
  return (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    const problem = problemFor(error);
    if (problem.status >= 500 && !(error instanceof RequestError)) {
      log.error(
        { err: error, method: request.method, path: pathOf(request).slice(0, DETAIL_CHARACTERS_MAX) },
        "request failed",
      );
    }
    // Half an answer cannot be taken back: the client must see that it is cut off.
    if (response.headersSent) response.destroy();
    else sendProblem(request, response, problem, page);
  };
}
