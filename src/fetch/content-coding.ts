import { type Duplex, Transform } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";

/** Why a body could not be read. */
type CodingFault = "bad_encoding" | "truncated" | "too_large";

/** A body that could not be read; the caller knows the address and makes the FetchError. */
export class CodingError extends Error {
  readonly code: CodingFault;

  constructor(code: CodingFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** One way a body may be coded (RFC 9110 §8.4.1). Both decoders work beside the event loop. */
export interface Coding {
  /** Decodes a whole body; a RangeError where it would yield more than `maxOutputLength`. Cheaper than a stream. */
  readonly whole: (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;
  readonly stream: () => Duplex;
}

/** What Accept-Encoding offers. */
export const ACCEPTED_CODINGS = "gzip, br, zstd, deflate";

/** Codings one upon another; more are only sent to multiply. */
const LAYERS_MAX = 4;

/** Most feeds come out in one chunk. */
const WHOLE = { chunkSize: 128 * 1024 };

const STREAM = { chunkSize: 64 * 1024, highWaterMark: 256 * 1024 };

/** zstd: windows above 8 MiB are not for HTTP (RFC 9659 §3). */
const ZSTD_PARAMS = { [zlib.constants.ZSTD_d_windowLogMax]: 23 };

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);
const brotliDecompress = promisify(zlib.brotliDecompress);
const zstdDecompress = promisify(zlib.zstdDecompress);

const GZIP: Coding = {
  whole: (bytes, { maxOutputLength }) => gunzip(bytes, { ...WHOLE, maxOutputLength }),
  stream: () => zlib.createGunzip(STREAM),
};

/** "deflate" is the zlib format (RFC 9110 §8.4.1.2), but some servers send the bare stream. */
const DEFLATE: Coding = {
  whole: (bytes, { maxOutputLength }) =>
    (hasZlibHeader(bytes) ? inflate : inflateRaw)(bytes, { ...WHOLE, maxOutputLength }),
  stream: () => new InflateEither(STREAM),
};

const BROTLI: Coding = {
  whole: (bytes, { maxOutputLength }) => brotliDecompress(bytes, { ...WHOLE, maxOutputLength }),
  stream: () => zlib.createBrotliDecompress(STREAM),
};

const ZSTD: Coding = {
  whole: (bytes, { maxOutputLength }) => zstdDecompress(bytes, { ...WHOLE, maxOutputLength, params: ZSTD_PARAMS }),
  stream: () => zlib.createZstdDecompress({ ...STREAM, params: ZSTD_PARAMS }),
};

const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["gzip", GZIP],
  ["x-gzip", GZIP],
  ["deflate", DEFLATE],
  ["br", BROTLI],
  ["zstd", ZSTD],
]);

/**
 * The decoders for a Content-Encoding value, in the order they are needed: the coding applied last first.
 *
 * @throws CodingError `bad_encoding` for a coding that we did not offer, or too many of them
 */
export function readCodings(contentEncoding: string | undefined): readonly Coding[] {
  if (contentEncoding === undefined) return [];
  const names = contentEncoding
    .toLowerCase()
    .split(",")
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

/**
 * A whole body that was kept as it came, decoded.
 *
 * @throws CodingError `bad_encoding`, `truncated`, `too_large`
 */
export async function decodeWhole(
  encoding: string | undefined,
  bytes: Uint8Array,
  bodyBytesMax: number,
): Promise<Uint8Array> {
  try {
    let decoded = bytes;
    for (const coding of readCodings(encoding))
      decoded = await coding.whole(decoded, { maxOutputLength: bodyBytesMax });
    return decoded;
  } catch (cause) {
    if (cause instanceof RangeError) throw new CodingError("too_large", `more than ${bodyBytesMax} bytes`, cause);
    throw toCodingError(cause);
  }
}

/** What a decoder says, in our codes. Every coding that stops short is an `unexpected end of file` to zlib. */
export function toCodingError(cause: unknown): CodingError {
  if (cause instanceof CodingError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes("unexpected end of file")) return new CodingError("truncated", "the coded body stops short", cause);
  return new CodingError("bad_encoding", `the body is not in the coding it claims (${text})`, cause);
}

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
    const inner = hasZlibHeader(first) ? zlib.createInflate(STREAM) : zlib.createInflateRaw(STREAM);
    inner.on("data", (data: Buffer) => this.push(data));
    inner.on("error", (error) => this.destroy(error));
    return inner;
  }
}
