import { type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { PROBLEM_HEADERS, type Problem, problemDocument, problemOf } from "./problem.ts";

/** What node tells of a request that it could not read. */
interface ClientError extends Error {
  readonly code?: string;
  /** What the parser of HTTP found. */
  readonly reason?: string;
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

/** How long an answer under way may take after its connection brought something that is no request. */
const GRACE_MS = 2_000;

/** Closes the connection once the answer that is under way was given: it must be neither cut off nor mixed with another. */
function closeAfter(answer: ServerResponse, socket: Duplex & Partial<Pick<Socket, "destroySoon">>): void {
  const late = setTimeout(() => socket.destroy(), GRACE_MS).unref();
  answer.once("finish", () => {
    clearTimeout(late);
    socket.destroySoon?.();
  });
}

const PROBLEMS: Readonly<Record<string, (error: ClientError) => Problem>> = {
  HPE_HEADER_OVERFLOW: tooLarge,
  HPE_INVALID_METHOD: badMethod,
  HPE_INVALID_VERSION: ({ reason }) =>
    // A line that ends otherwise than it must is told by the same code.
    reason?.includes("CRLF")
      ? malformed()
      : problemOf(505, "unknown_version", "There is only HTTP/1.0 and HTTP/1.1 here"),
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
    // node keeps there the answer that a connection waits for.
    const answer = "_httpMessage" in socket && socket._httpMessage;
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy(error);
    else if (answer instanceof ServerResponse) closeAfter(answer, socket);
    else writeProblem(socket, (PROBLEMS[error.code ?? ""] ?? malformed)(error));
  });
  server.on("connect", (_request, socket) => {
    writeProblem(socket, problemOf(405, "method_not_allowed", "This is no proxy", { Allow: "GET, HEAD, OPTIONS" }));
  });
}
