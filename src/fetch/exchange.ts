import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { FetchError } from "../errors.ts";
import { BodyReader, CodingError } from "./content-coding.ts";
import { causeCode, causeText, failure } from "./failure.ts";
import type { Lane, Lanes } from "./lanes.ts";

/** One answer to one request, before anybody judged its status. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated headers joined by a comma (RFC 9110 §5.3); Set-Cookie is left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded; empty where the status carries no document. */
  readonly body: Uint8Array;
  /** Bytes that arrived for this answer: headers, framing and coded body (encrypted, where TLS is spoken). */
  readonly wireBytes: number;
}

export interface ExchangeOptions {
  readonly url: URL;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly wireBytesMax: number;
  readonly bodyBytesMax: number;
  /** Reading ends, without error, after this many decoded bytes. */
  readonly keepBytes?: number | undefined;
}

/** Statuses whose body is the document: the others' bodies are read past. 226: RFC 3229 §10.4.1. */
const DOCUMENT_STATUSES: ReadonlySet<number> = new Set([200, 203, 226]);

/** What is read past after an answer without a document, so that the connection can be kept: bytes and milliseconds. */
const PASSED_BYTES_MAX = 64 * 1024;
const PASSED_MS = 1_000;

const NO_BYTES = new Uint8Array(0);

/**
 * One request on one lane: undici reports to it, it watches the time and size of each phase and settles `answer`
 * once. The lane goes back to the kept ones after a whole answer and is ended after anything else.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  readonly #options: ExchangeOptions;
  readonly #lane: Lane;
  readonly #lanes: Lanes;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: FetchError) => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  #bytesBefore = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #reader: BodyReader | undefined;
  #passedBytes = 0;

  constructor(options: ExchangeOptions, lane: Lane, lanes: Lanes) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#options = options;
    this.#lane = lane;
    this.#lanes = lanes;
    lane.listener = this;
  }

  /** A kept connection that the server closed meanwhile: nothing was answered, asking once more is right. */
  get wasStale(): boolean {
    return this.#lane.used && this.#status === 0 && this.#wireBytes() === 0;
  }

  /** Ends the exchange with an error, at any moment. */
  fail(error: FetchError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#end();
    this.#reject(error);
  }

  onRequestStart(): void {
    this.#bytesBefore = this.#lane.socket?.bytesRead ?? 0;
    const { headersMs } = this.#options;
    this.#within(headersMs, "headers_timeout", `no answer within ${headersMs} ms`);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = joinHeaders(headers);
    clearTimeout(this.#timer);
    if (DOCUMENT_STATUSES.has(status)) this.#startDocument();
    else if (status !== 304) this.#startPassing();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#reader === undefined) this.#pass(chunk.length);
    else this.#read(this.#reader, chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const { socket } = this.#lane;
    this.#lanes.keep(this.#lane);
    const reader = this.#reader;
    if (reader === undefined) this.#succeed(NO_BYTES);
    // undici goes on reading in this same turn: bytes behind the end of the body end the connection with an error.
    else queueMicrotask(() => this.#finish(reader, socket?.errored?.message === "bad response"));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: Error): void {
    this.fail(cause instanceof FetchError ? cause : this.#explain(cause));
  }

  /** Called whenever bytes arrive, whatever they are: also what no other limit sees, such as chunk extensions. */
  onWire(): void {
    const { wireBytesMax } = this.#options;
    if (this.#wireBytes() > wireBytesMax) this.#failWith("too_large", `more than ${wireBytesMax} bytes on the wire`);
  }

  #startDocument(): void {
    const { idleMs, wireBytesMax, bodyBytesMax } = this.#options;
    if (Number(this.#headers["content-length"] ?? 0) > wireBytesMax) {
      this.#failWith("too_large", `Content-Length says more than ${wireBytesMax} bytes`);
      return;
    }
    const contentEncoding = this.#headers["content-encoding"];
    const onError = (error: CodingError) => this.#failCoding(error);
    try {
      this.#reader = new BodyReader({ contentEncoding, bodyBytesMax, onError });
      this.#within(idleMs, "idle_timeout", `nothing arrived for ${idleMs} ms`);
    } catch (error) {
      this.#failCoding(error);
    }
  }

  #read(reader: BodyReader, chunk: Uint8Array): void {
    this.#timer?.refresh();
    const { keepBytes } = this.#options;
    try {
      reader.write(chunk);
      if (keepBytes !== undefined && reader.heldBytes >= keepBytes) this.#cutShort(reader, keepBytes);
    } catch (error) {
      this.#failCoding(error);
    }
  }

  /** The status says it all: the answer is ready, the rest only passes by. */
  #startPassing(): void {
    this.#succeed(NO_BYTES);
    this.#timer = setTimeout(() => this.#end(), PASSED_MS);
  }

  #pass(length: number): void {
    this.#passedBytes += length;
    if (this.#passedBytes > PASSED_BYTES_MAX) this.#end();
  }

  #cutShort(reader: BodyReader, keepBytes: number): void {
    this.#timer?.close();
    reader.end().then(
      (body) => this.#succeed(body.subarray(0, keepBytes)),
      (error: unknown) => this.#failCoding(error),
    );
    this.#end();
  }

  #finish(reader: BodyReader, hasSurplus: boolean): void {
    if (hasSurplus) this.#failWith("bad_response", "bytes follow the end of the body");
    reader.end().then(
      (body) => this.#succeed(body),
      (error: unknown) => this.#failCoding(error),
    );
  }

  #succeed(body: Uint8Array): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve({ status: this.#status, headers: this.#headers, body, wireBytes: this.#wireBytes() });
  }

  #failWith(code: string, problem: string, cause?: unknown): void {
    this.fail(failure(code, this.#options.url, problem, { cause }));
  }

  #failCoding(error: unknown): void {
    if (error instanceof CodingError) this.#failWith(error.code, error.message, error.cause);
    else this.#failWith("bad_encoding", causeText(error), error);
  }

  #within(ms: number, code: string, problem: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#failWith(code, problem), ms);
  }

  #wireBytes(): number {
    return (this.#lane.socket?.bytesRead ?? 0) - this.#bytesBefore;
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#reader?.cancel();
    this.#lanes.discard(this.#lane);
  }

  /** What undici and the socket say, in our codes. */
  #explain(cause: Error): FetchError {
    const code = causeCode(cause);
    const { url } = this.#options;
    const text = causeText(cause);
    if (code === "UND_ERR_HEADERS_OVERFLOW") {
      return failure("headers_too_large", url, "its headers are too large", { cause });
    }
    if (code === "UND_ERR_INVALID_ARG") return failure("bad_header", url, `${cause.message}`, { cause });
    if (
      code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" ||
      code === "HPE_INVALID_EOF_STATE" ||
      (this.#status !== 0 && !code.startsWith("HPE_"))
    ) {
      return failure("truncated", url, `the answer stops short (${text})`, { cause });
    }
    if (code.startsWith("HPE_")) return failure("bad_response", url, `the answer is not HTTP/1.1 (${text})`, { cause });
    return failure("connection_lost", url, `the connection ended before an answer (${text})`, { cause });
  }
}

/** Repeated headers that are no lists: two different values contradict one another and count as none. */
const SINGLE: ReadonlySet<string> = new Set(["etag", "last-modified", "location", "content-type", "retry-after"]);

function joinHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const joined: Record<string, string> = Object.create(null);
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name === "set-cookie") continue;
    if (typeof value === "string") joined[name] = value;
    else if (!SINGLE.has(name)) joined[name] = value.join(", ");
    else if (value.every((other) => other === value[0])) joined[name] = value[0] ?? "";
  }
  return joined;
}
