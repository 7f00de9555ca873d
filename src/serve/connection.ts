import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_HEADERS, type Problem, problemDocument, problemOf } from "./problem.ts";

/** What node tells of a request that it could not read. */
interface ClientError extends Error {
  readonly code?: string;
  /** The bytes that were being read. */
  readonly rawPacket?: Buffer;
}

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ /;

function tooLarge({ rawPacket }: ClientError): Problem {
  // The line that names the address comes first: where it has no end, the address is what is too long.
  return rawPacket?.includes("\n")
    ? problemOf(431, "headers_too_large", "The header fields of this request are too large")
    : problemOf(414, "address_too_long", "The address of this request is too long");
}

function badMethod({ rawPacket }: ClientError): Problem {
  return METHOD.test(rawPacket?.toString("latin1", 0, 64) ?? "")
    ? problemOf(501, "unknown_method", "The method of this request is not known here")
    : malformed();
}

function malformed(): Problem {
  return problemOf(400, "malformed_request", "This is not a request of HTTP/1.1");
}

const PROBLEMS: Readonly<Record<string, (error: ClientError) => Problem>> = {
  HPE_HEADER_OVERFLOW: tooLarge,
  HPE_INVALID_METHOD: badMethod,
  HPE_INVALID_VERSION: () => problemOf(505, "unknown_version", "There is only HTTP/1.0 and HTTP/1.1 here"),
  ERR_HTTP_REQUEST_TIMEOUT: () => problemOf(408, "request_timeout", "This request did not arrive in time"),
};

function writeProblem(socket: Duplex, problem: Problem): void {
  const body = problemDocument(problem);
  const headers = {
    ...PROBLEM_HEADERS,
    ...problem.headers,
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
}

/** Answers what never becomes a request for the application: broken, over-long and unfinished ones, CONNECT, odd Expect. */
export function answerBrokenRequests(server: Server): void {
  server.on("clientError", (error: ClientError, socket: Duplex) => {
    // Nobody is there to read an answer, or one is already under way and must not be mixed with another.
    const isAnswering = "_httpMessage" in socket && Boolean(socket._httpMessage);
    if (error.code === "ECONNRESET" || !socket.writable || isAnswering) socket.destroy(error);
    else writeProblem(socket, (PROBLEMS[error.code ?? ""] ?? malformed)(error));
  });
  server.on("connect", (_request, socket) => {
    writeProblem(socket, problemOf(405, "method_not_allowed", "This is no proxy", { Allow: "GET, HEAD, OPTIONS" }));
  });
}
