import { type Duplex, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Coding, CodingError, readCodings, toCodingError } from "./content-coding.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { LARGE_BODY_BYTES, type LargeBodies } from "./large-bodies.ts";

/** Coded bytes that are gathered before decoding starts: most bodies are whole by then and are decoded in one go. */
const GATHERED_BYTES = 64 * 1024;

/** What one go may yield, in bytes; a body that yields more is decoded beside the event loop. */
const ONE_GO_BYTES_MAX = 1024 * 1024;

export interface BodyReaderOptions {
  readonly contentEncoding: string | undefined;
  /** Largest decoded body, and largest output of any layer, in bytes. */
  readonly bodyBytesMax: number;
  readonly largeBodies: LargeBodies;
  /** Told of an error while the body still comes, so that reading stops at once. */
  readonly onError: (error: CodingError) => void;
}

/** Takes the bytes of a body as they come and gives them back decoded, within limits. */
export class BodyReader {
  readonly #options: BodyReaderOptions;
  readonly #codings: readonly Coding[];
  readonly #largeness: Largeness;
  /** The body itself, or coded bytes on their way to the decoder. */
  readonly #bytes = new GrowingBytes();
  #decoding: DecodingStream | undefined;

  /** @throws CodingError `bad_encoding` */
  constructor(options: BodyReaderOptions) {
    this.#options = options;
    this.#codings = readCodings(options.contentEncoding);
    this.#largeness = new Largeness(options.largeBodies);
  }

  /** Decoded bytes so far. */
  get decodedBytes(): number {
    return this.#codings.length === 0 ? this.#bytes.length : (this.#decoding?.decodedBytes ?? 0);
  }

  /**
   * Takes a piece. What comes back is undefined, or settles when the next piece may come.
   *
   * @throws CodingError `too_large`
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#bytes.append(chunk);
    if (this.#codings.length > 0) {
      return this.#bytes.length < GATHERED_BYTES ? undefined : this.#decoder().write(this.#bytes.take());
    }
    if (this.#bytes.length > this.#options.bodyBytesMax) throw tooLarge(this.#options.bodyBytesMax);
    return this.#largeness.judge(this.#bytes.length);
  }

  /**
   * The whole decoded body. An empty body is empty whatever coding it claims.
   *
   * @throws CodingError `bad_encoding`, `truncated`, `too_large`
   */
  async end(): Promise<Uint8Array> {
    try {
      const last = this.#bytes.take();
      if (this.#codings.length === 0) return last;
      if (this.#decoding !== undefined) return await this.#decoding.end(last);
      if (last.length === 0) return last;
      return this.#inOneGo(last) ?? (await this.#decoder().end(last));
    } finally {
      this.#largeness.end();
    }
  }

  /** Stops reading and lets go of what was read. */
  cancel(): void {
    this.#bytes.take();
    this.#decoding?.cancel();
    this.#largeness.end();
  }

  #decoder(): DecodingStream {
    this.#decoding ??= new DecodingStream(this.#codings, this.#options, this.#largeness);
    return this.#decoding;
  }

  /** Null where it would yield more than one go may. */
  #inOneGo(bytes: Uint8Array): Uint8Array | null {
    const maxOutputLength = Math.min(ONE_GO_BYTES_MAX, this.#options.bodyBytesMax);
    try {
      return this.#codings.reduce((coded, coding) => coding.oneGo(coded, { maxOutputLength }), bytes);
    } catch (cause) {
      if (cause instanceof RangeError) return null;
      throw toCodingError(cause);
    }
  }
}

/** Decodes beside the event loop, layer by layer, each layer within the limit. */
class DecodingStream {
  readonly #layers: readonly Duplex[];
  readonly #decoded = new GrowingBytes();
  readonly #done: Promise<void>;

  constructor(codings: readonly Coding[], { bodyBytesMax, onError }: BodyReaderOptions, largeness: Largeness) {
    this.#layers = codings.map((coding) => limited(coding.stream(), bodyBytesMax));
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#decoded.append(chunk);
        const wait = largeness.judge(this.#decoded.length);
        if (wait === undefined) done();
        else wait.then(() => done());
      },
    });
    this.#done = pipeline([...this.#layers, sink]).catch((cause: unknown) => {
      const error = toCodingError(cause);
      onError(error);
      throw error;
    });
    // Whoever no longer waits for the end was told through `onError`.
    this.#done.catch(() => {});
  }

  get decodedBytes(): number {
    return this.#decoded.length;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    const [first] = this.#layers;
    if (first === undefined || !first.writable || first.write(chunk)) return undefined;
    return new Promise((resolve) => first.once("drain", resolve));
  }

  async end(last: Uint8Array): Promise<Uint8Array> {
    this.#layers[0]?.end(last);
    await this.#done;
    return this.#decoded.take();
  }

  cancel(): void {
    for (const layer of this.#layers) layer.destroy();
  }
}

/** Ends a layer that yields more than the limit: a layer between others would multiply unseen. */
function limited(layer: Duplex, bytesMax: number): Duplex {
  let yielded = 0;
  layer.on("data", (chunk: Uint8Array) => {
    yielded += chunk.length;
    if (yielded > bytesMax) layer.destroy(tooLarge(bytesMax));
  });
  return layer;
}

/** One body's place among the large ones, taken when it outgrows the small. */
class Largeness {
  readonly #bodies: LargeBodies;
  #asked: Promise<void> | undefined;
  #granted = false;
  #ended = false;

  constructor(bodies: LargeBodies) {
    this.#bodies = bodies;
  }

  /** Undefined where a body of that size may go on, else what settles when it may. */
  judge(heldBytes: number): Promise<void> | undefined {
    if (this.#granted || heldBytes <= LARGE_BODY_BYTES) return undefined;
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  end(): void {
    this.#ended = true;
    if (this.#granted) this.#bodies.leave();
    this.#granted = false;
  }

  async #ask(): Promise<void> {
    await this.#bodies.enter();
    if (this.#ended) this.#bodies.leave();
    else this.#granted = true;
  }
}

function tooLarge(bodyBytesMax: number): CodingError {
  return new CodingError("too_large", `more than ${bodyBytesMax} bytes after decoding`);
}
