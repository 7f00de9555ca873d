import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { FetchError } from "../errors.ts";
import { BodyReader, type BodyTurns } from "./body-reader.ts";
import { CodingError } from "./content-coding.ts";
import { causeCode, causeText, failure } from "./failure.ts";
import type { Lane, Lanes } from "./lanes.ts";

/** One answer to one request, before anybody judged its status. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated headers joined by a comma (RFC 9110 §5.3); Set-Cookie is left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded; empty where the status carries no document. */
  readonly body: Uint8Array;
  /** A small body as it came, where it was coded. */
  readonly coded?: Uint8Array | undefined;
  /** Ends the turn of a body that is held. */
  readonly release: () => void;
  /** Bytes that arrived for this answer: headers, framing and coded body (encrypted, where TLS is spoken). */
  readonly wireBytes: number;
}

export interface ExchangeOptions {
  readonly url: URL;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly wireBytesMax: number;
  readonly bodyBytesMax: number;
  readonly turns: BodyTurns;
  /** Reading ends, without error, after this many decoded bytes. */
  readonly keepBytes?: number | undefined;
  /** A large body keeps its turn until its release. */
  readonly hold?: boolean | undefined;
}

/** Statuses whose body is the document: the others' bodies are read past. 226: RFC 3229 §10.4.1. */
const DOCUMENT_STATUSES: ReadonlySet<number> = new Set([200, 203, 226]);

/** What is read past after an answer without a document, so that the connection can be kept: bytes and milliseconds. */
const PASSED_BYTES_MAX = 64 * 1024;
const PASSED_MS = 1_000;

const NO_BYTES = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;

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
  #ended = false;
  #hasSurplus = false;

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
    this.#stopTimer();
    if (DOCUMENT_STATUSES.has(status)) this.#startDocument();
    else if (status !== 304) this.#startPassing();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#options.turns.pieces.take();
    if (this.#reader === undefined) this.#pass(chunk.length);
    else this.#read(this.#reader, controller, chunk);
  }

  onResponseEnd(): void {
    this.#stopTimer();
    this.#ended = true;
    // undici reads on in this same turn: only then is it known whether bytes follow that nobody asked for.
    queueMicrotask(() => this.#conclude());
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: Error): void {
    this.fail(cause instanceof FetchError ? cause : this.#explain(cause));
  }

  /** Whenever bytes arrive, whatever they are: also those that no other limit sees, such as chunk extensions. */
  onBytes(): void {
    const { wireBytesMax } = this.#options;
    if (this.#reader !== undefined) this.#timer?.refresh();
    if (this.#wireBytes() > wireBytesMax) this.#failWith("too_large", `more than ${wireBytesMax} bytes on the wire`);
  }

  /** undici gives back what follows the answer, before it closes a connection that is not to be kept. */
  onLeftover(bytes: Uint8Array): void {
    if (this.#ended && bytes.some((byte) => byte !== CR && byte !== LF)) this.#hasSurplus = true;
  }

  #conclude(): void {
    const end = this.#lane.socket?.errored;
    this.#lanes.keep(this.#lane);
    if (this.#reader === undefined) this.#succeed(NO_BYTES);
    else if (this.#hasSurplus) this.#failWith("bad_response", "bytes follow the end of the body");
    // undici ends a connection with an error of its own kind when all is well. It ends it with another where such bytes
    // come on one that is to be kept, and takes a reset for the end of a body without length.
    else if (end != null && causeCode(end) !== "UND_ERR_INFO") this.fail(this.#explain(end));
    else this.#finish(this.#reader);
  }

  #startDocument(): void {
    const { wireBytesMax, bodyBytesMax, turns } = this.#options;
    const contentEncoding = this.#headers["content-encoding"];
    const onError = (error: CodingError) => this.#failCoding(error);
    try {
      assertReadable(this.#headers, wireBytesMax);
      this.#reader = new BodyReader({ contentEncoding, bodyBytesMax, turns, onError });
      this.#watchIdleness();
    } catch (error) {
      this.#failCoding(error);
    }
  }

  #read(reader: BodyReader, controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    try {
      const wait = reader.write(chunk);
      if (wait !== undefined) this.#hold(controller, wait);
    } catch (error) {
      this.#failCoding(error);
    }
    const { keepBytes } = this.#options;
    if (keepBytes !== undefined && reader.decodedBytes >= keepBytes) this.#cutShort(reader, keepBytes);
  }

  /** While we cannot take more the silence is ours: only the total deadline runs. */
  #hold(controller: Dispatcher.DispatchController, wait: Promise<void>): void {
    this.#stopTimer();
    controller.pause();
    wait.then(() => {
      if (this.#settled) return;
      this.#watchIdleness();
      controller.resume();
    });
  }

  #watchIdleness(): void {
    const { idleMs } = this.#options;
    this.#within(idleMs, "idle_timeout", `nothing arrived for ${idleMs} ms`);
  }

  /** The status says it all: the answer is ready, the rest only passes by. */
  #startPassing(): void {
    this.#succeed(NO_BYTES);
    this.#timer = setTimeout(() => this.#end(), PASSED_MS).unref();
  }

  #pass(length: number): void {
    this.#passedBytes += length;
    if (this.#passedBytes > PASSED_BYTES_MAX) this.#end();
  }

  #cutShort(reader: BodyReader, keepBytes: number): void {
    this.#succeed(reader.takeDecoded().subarray(0, keepBytes));
    this.#end();
  }

  #finish(reader: BodyReader): void {
    reader.end({ hold: this.#options.hold === true }).then(
      (body) => this.#succeed(body.subarray(0, this.#options.keepBytes), () => reader.release()),
      (error: unknown) => this.#failCoding(error),
    );
  }

  #succeed(body: Uint8Array, release: () => void = () => {}): void {
    if (this.#settled) {
      // Too late: nobody will ask for the body.
      release();
      return;
    }
    this.#settled = true;
    const coded = this.#reader?.coded;
    this.#resolve({ status: this.#status, headers: this.#headers, body, coded, release, wireBytes: this.#wireBytes() });
  }

  #failWith(code: string, problem: string, cause?: unknown): void {
    this.fail(failure(code, this.#options.url, problem, { cause }));
  }

  #failCoding(error: unknown): void {
    if (error instanceof CodingError) this.#failWith(error.code, error.message, error.cause);
    else this.#failWith("bad_encoding", causeText(error), error);
  }

  #within(ms: number, code: string, problem: string): void {
    this.#stopTimer();
    this.#timer = setTimeout(() => this.#failWith(code, problem), ms);
  }

  /** Forgets it too: to refresh a timer that was cleared would start it again. */
  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wireBytes(): number {
    return (this.#lane.socket?.bytesRead ?? 0) - this.#bytesBefore;
  }

  #end(): void {
    this.#stopTimer();
    this.#reader?.cancel();
    // After the end of the answer the lane may be another's.
    if (!this.#ended) this.#lanes.discard(this.#lane);
  }

  /** What undici and the socket say, in our codes. */
  #explain(cause: Error): FetchError {
    const begun = this.#status !== 0;
    const { code, problem } = FAULTS.find(({ is }) => is(cause, begun)) ?? LOST;
    return failure(code, this.#options.url, `${problem} (${causeText(cause)})`, { cause });
  }
}

interface Fault {
  /** `begun`: after the headers. */
  readonly is: (cause: Error, begun: boolean) => boolean;
  readonly code: string;
  readonly problem: string;
}

const FAULTS: readonly Fault[] = [
  {
    is: (cause) => causeCode(cause) === "UND_ERR_HEADERS_OVERFLOW",
    code: "headers_too_large",
    problem: "its headers are too large",
  },
  { is: (cause) => causeCode(cause) === "UND_ERR_INVALID_ARG", code: "bad_header", problem: "a header cannot be sent" },
  { is: isMalformed, code: "bad_response", problem: "the answer is not HTTP/1.1 as it should be" },
  { is: (_cause, begun) => begun, code: "truncated", problem: "the answer stops short" },
];

const LOST: Omit<Fault, "is"> = { code: "connection_lost", problem: "the connection ended before an answer" };

/** How undici names an answer, interim or whole, and an upgrade that were not asked for. */
const UNASKED: ReadonlySet<string> = new Set(["bad response", "bad upgrade"]);

function isMalformed(cause: Error, begun: boolean): boolean {
  if (cause.name === "HTTPParserError") return !cause.message.includes("Invalid EOF state");
  // A status below 100 fails an assertion of undici's.
  if (UNASKED.has(cause.message) || causeCode(cause) === "ERR_ASSERTION") return true;
  return !begun && causeCode(cause) === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";
}

/** @throws CodingError where the body is too long by its own account, or in a coding for the way (RFC 9112 §6.1) */
function assertReadable(headers: Answer["headers"], wireBytesMax: number): void {
  if (Number(headers["content-length"] ?? 0) > wireBytesMax) {
    throw new CodingError("too_large", `Content-Length says more than ${wireBytesMax} bytes`);
  }
  const transferEncoding = headers["transfer-encoding"]?.trim().toLowerCase() ?? "chunked";
  if (transferEncoding === "chunked" || transferEncoding === "identity") return;
  throw new CodingError("bad_encoding", "a transfer coding that was not offered; wanted: chunked");
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
