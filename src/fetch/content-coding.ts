import { type Duplex, pipeline, Transform, Writable } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { GrowingBytes } from "./growing-bytes.ts";

/** Why a body could not be decoded. */
export type CodingFault = "bad_encoding" | "truncated" | "too_large";

/** A body that could not be decoded; the caller knows the address and makes the FetchError. */
export class CodingError extends Error {
  readonly code: CodingFault;

  constructor(code: CodingFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What Accept-Encoding offers. */
export const ACCEPTED_CODINGS = "gzip, br, zstd, deflate";

/** Codings one upon another; more are only sent to multiply. */
const LAYERS_MAX = 4;

/** Coded bytes that are gathered before decoding starts: most bodies are whole by then and are decoded in one go. */
const GATHERED_BYTES = 64 * 1024;

/** What one go may yield; a body that yields more is decoded as a stream, beside the event loop. */
const ONE_GO_BYTES_MAX = 1024 * 1024;

const CHUNK_SIZE = 64 * 1024;

/** zstd: windows above 8 MiB are not for HTTP (RFC 9659 §3). */
const ZSTD_WINDOW_LOG_MAX = 23;
const zstdParams = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };

interface Coding {
  readonly oneGo: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
  readonly stream: () => Duplex;
}

const GZIP: Coding = {
  oneGo: (bytes, options) => zlib.gunzipSync(bytes, options),
  stream: () => zlib.createGunzip({ chunkSize: CHUNK_SIZE }),
};

/** RFC 9110 §8.4.1. "deflate" is the zlib format, but some servers send the bare stream. */
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["gzip", GZIP],
  ["x-gzip", GZIP],
  [
    "deflate",
    {
      oneGo: (bytes, options) =>
        hasZlibHeader(bytes) ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options),
      stream: () => new InflateEither(),
    },
  ],
  [
    "br",
    {
      oneGo: (bytes, options) => zlib.brotliDecompressSync(bytes, options),
      stream: () => zlib.createBrotliDecompress({ chunkSize: CHUNK_SIZE }),
    },
  ],
  [
    "zstd",
    {
      oneGo: (bytes, options) => zlib.zstdDecompressSync(bytes, { ...options, params: zstdParams }),
      stream: () => zlib.createZstdDecompress({ chunkSize: CHUNK_SIZE, params: zstdParams }),
    },
  ],
]);

/** CMF and FLG of RFC 1950 §2.2. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && (method * 256 + flags) % 31 === 0;
}

/** Inflates zlib or bare deflate, told apart by the first bytes. */
class InflateEither extends Transform {
  #inner: Duplex | undefined;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#inner ??= this.#start(chunk);
    this.#inner.write(chunk, () => done());
  }

  override _flush(done: () => void): void {
    if (this.#inner === undefined) done();
    else this.#inner.once("end", () => done()).end();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  #start(first: Uint8Array): Duplex {
    const options = { chunkSize: CHUNK_SIZE };
    const inner = hasZlibHeader(first) ? zlib.createInflate(options) : zlib.createInflateRaw(options);
    inner.on("data", (data: Buffer) => this.push(data));
    inner.on("error", (error) => this.destroy(error));
    return inner;
  }
}

/**
 * The decoders of a Content-Encoding value, outermost coding first.
 *
 * @throws CodingError `bad_encoding` for a coding we did not offer or too many of them
 */
function readCodings(contentEncoding: string | undefined): readonly Coding[] {
  if (contentEncoding === undefined) return [];
  const names = contentEncoding
    .toLowerCase()
    .split(",", LAYERS_MAX + 16)
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length > LAYERS_MAX) {
    throw new CodingError("bad_encoding", `${names.length} content codings; wanted: at most ${LAYERS_MAX}`);
  }
  return names.reverse().map(requireCoding);
}

function requireCoding(name: string): Coding {
  const coding = CODINGS.get(name);
  if (coding !== undefined) return coding;
  const shown = JSON.stringify(name.slice(0, 40));
  throw new CodingError("bad_encoding", `unknown content coding ${shown}; wanted: ${ACCEPTED_CODINGS}`);
}

export interface BodyReaderOptions {
  readonly contentEncoding: string | undefined;
  /** Largest decoded body, and largest output of any layer, in bytes. */
  readonly bodyBytesMax: number;
  /** Told of an error while the body still comes, so that reading stops at once. */
  readonly onError: (error: CodingError) => void;
}

/** Takes the bytes of a body as they come and gives them back decoded, within a limit. */
export class BodyReader {
  readonly #codings: readonly Coding[];
  readonly #options: BodyReaderOptions;
  readonly #bytes = new GrowingBytes();
  #stream: DecodingStream | undefined;

  /** @throws CodingError `bad_encoding` */
  constructor(options: BodyReaderOptions) {
    this.#options = options;
    this.#codings = readCodings(options.contentEncoding);
  }

  /** Bytes held now: decoded ones, or coded ones not yet handed to the decoder. */
  get heldBytes(): number {
    return this.#bytes.length + (this.#stream?.heldBytes ?? 0);
  }

  /** @throws CodingError `too_large` */
  write(chunk: Uint8Array): void {
    this.#bytes.append(chunk);
    if (this.#codings.length === 0) assertWithin(this.#bytes.length, this.#options.bodyBytesMax);
    else if (this.#bytes.length >= GATHERED_BYTES) this.#streaming().write(this.#bytes.take());
  }

  /**
   * The whole decoded body. An empty body is empty whatever coding it claims.
   *
   * @throws CodingError `bad_encoding`, `truncated`, `too_large`
   */
  async end(): Promise<Uint8Array> {
    if (this.#stream === undefined) {
      const bytes = this.#bytes.take();
      if (this.#codings.length === 0 || bytes.length === 0) return bytes;
      const decoded = this.#inOneGo(bytes);
      if (decoded !== null) return decoded;
      this.#streaming().write(bytes);
    }
    return this.#streaming().end(this.#bytes.take());
  }

  /** Stops decoding. */
  cancel(): void {
    this.#bytes.take();
    this.#stream?.cancel();
  }

  #streaming(): DecodingStream {
    this.#stream ??= new DecodingStream(this.#codings, this.#options);
    return this.#stream;
  }

  /** Null where it would yield more than one go may. */
  #inOneGo(bytes: Uint8Array): Uint8Array | null {
    const maxOutputLength = Math.min(ONE_GO_BYTES_MAX, this.#options.bodyBytesMax);
    try {
      return this.#codings.reduce((coded, coding) => coding.oneGo(coded, { maxOutputLength }), bytes);
    } catch (cause) {
      if (isTooLong(cause)) return null;
      throw toCodingError(cause);
    }
  }
}

/** Decodes beside the event loop, layer by layer, each layer within the limit. */
class DecodingStream {
  readonly #layers: readonly Duplex[];
  readonly #decoded = new GrowingBytes();
  readonly #done: Promise<void>;

  constructor(codings: readonly Coding[], { bodyBytesMax, onError }: BodyReaderOptions) {
    this.#layers = codings.map((coding) => limited(coding.stream(), bodyBytesMax));
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#decoded.append(chunk);
        done();
      },
    });
    this.#done = promisify(pipeline)([...this.#layers, sink]).catch((cause: unknown) => {
      const error = toCodingError(cause);
      onError(error);
      throw error;
    });
    // Told through onError too; `end` may never be called after it.
    this.#done.catch(() => {});
  }

  get heldBytes(): number {
    return this.#decoded.length;
  }

  write(chunk: Uint8Array): void {
    if (this.#layers[0]?.writable) this.#layers[0].write(chunk);
  }

  async end(last: Uint8Array): Promise<Uint8Array> {
    if (last.length > 0) this.write(last);
    this.#layers[0]?.end();
    await this.#done;
    return this.#decoded.take();
  }

  cancel(): void {
    this.#layers[0]?.destroy();
  }
}

/** Ends a layer that yields more than the limit; a layer between others would multiply unseen. */
function limited(layer: Duplex, bytesMax: number): Duplex {
  let yielded = 0;
  layer.on("data", (chunk: Uint8Array) => {
    yielded += chunk.length;
    if (yielded > bytesMax) layer.destroy(tooLarge(bytesMax));
  });
  return layer;
}

function assertWithin(length: number, bodyBytesMax: number): void {
  if (length > bodyBytesMax) throw tooLarge(bodyBytesMax);
}

function tooLarge(bodyBytesMax: number): CodingError {
  return new CodingError("too_large", `more than ${bodyBytesMax} bytes after decoding`);
}

function isTooLong(cause: unknown): boolean {
  return cause instanceof RangeError && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
}

/** zlib says `unexpected end of file` (Z_BUF_ERROR) for every coding that stops short. */
function toCodingError(cause: unknown): CodingError {
  if (cause instanceof CodingError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes("unexpected end of file")) return new CodingError("truncated", "the coded body stops short", cause);
  return new CodingError("bad_encoding", `the body is not in the coding it claims (${text})`, cause);
}
