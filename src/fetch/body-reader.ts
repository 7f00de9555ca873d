import { type Duplex, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Coding, CodingError, readCodings, toCodingError } from "./content-coding.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { PieceBudget } from "./piece-budget.ts";
import { Turnstile } from "./turnstile.ts";

/** A body of more than this, in bytes, is large: it must take its turn. */
const LARGE_BODY_BYTES = 768 * 1024;

/** A coded body of more than this, in bytes, counts as large before it is decoded. */
const LARGE_CODED_BYTES = 256 * 1024;

/** Coded bytes that are handed to a decoder together. */
const PIECE_BYTES = 64 * 1024;

/** Large bodies at once, and small ones being decoded at once: the decoders' windows take memory too. */
const LARGE_AT_ONCE = 3;
const DECODING_AT_ONCE = 4;

/** What bounds the memory of all bodies together, and the time they take from others, however many are read at once. */
export interface BodyTurns {
  readonly large: Turnstile;
  readonly decoding: Turnstile;
  readonly pieces: PieceBudget;
}

export function createBodyTurns(): BodyTurns {
  return {
    large: new Turnstile(LARGE_AT_ONCE),
    decoding: new Turnstile(DECODING_AT_ONCE),
    pieces: new PieceBudget(),
  };
}

export interface BodyReaderOptions {
  readonly contentEncoding: string | undefined;
  /** Largest decoded body, and largest output of any layer, in bytes. */
  readonly bodyBytesMax: number;
  readonly turns: BodyTurns;
  /** Told of an error while the body still comes, so that reading stops at once. */
  readonly onError: (error: CodingError) => void;
}

/** Takes the bytes of a body as they come and gives them back decoded, within limits. */
export class BodyReader {
  readonly #options: BodyReaderOptions;
  readonly #codings: readonly Coding[];
  readonly #turn: LargeTurn;
  /** The body itself, or coded bytes on their way to the decoder. */
  readonly #bytes = new GrowingBytes();
  #decoder: StreamDecoder | undefined;
  #coded: Uint8Array | undefined;
  #cancelled = false;

  /** @throws CodingError `bad_encoding` */
  constructor(options: BodyReaderOptions) {
    this.#options = options;
    this.#codings = readCodings(options.contentEncoding);
    this.#turn = new LargeTurn(options.turns.large);
  }

  /** A small body as it came, where it was coded: after `end`. */
  get coded(): Uint8Array | undefined {
    return this.#coded;
  }

  /** Decoded bytes so far. */
  get decodedBytes(): number {
    return this.#codings.length === 0 ? this.#bytes.length : (this.#decoder?.decodedBytes ?? 0);
  }

  /**
   * Takes a piece. What comes back is undefined, or settles when the next piece may come.
   *
   * @throws CodingError `too_large`
   */
  write(piece: Uint8Array): Promise<void> | undefined {
    this.#bytes.append(piece);
    return this.#codings.length === 0 ? this.#keep() : this.#decodeOn();
  }

  /**
   * The whole decoded body. An empty body is empty whatever coding it claims. A large body that is held keeps its turn
   * until `release`.
   *
   * @throws CodingError `bad_encoding`, `truncated`, `too_large`
   */
  async end({ hold }: { readonly hold: boolean } = { hold: false }): Promise<Uint8Array> {
    let isHeld = false;
    try {
      const body = await this.#whole();
      isHeld = hold;
      return body;
    } finally {
      if (!isHeld) this.#turn.end();
    }
  }

  /** Lets the next large body grow: whoever held this one needs it no more. */
  release(): void {
    this.#turn.end();
  }

  async #whole(): Promise<Uint8Array> {
    const last = this.#bytes.take();
    if (this.#codings.length === 0 || (last.length === 0 && this.#decoder === undefined)) return last;
    const small = this.#decoder === undefined ? await this.#decodeSmall(last) : null;
    if (small !== null) this.#coded = last;
    return small ?? (await (await this.#startDecoder()).end(last));
  }

  /** What was decoded so far, where the rest is not wanted. */
  takeDecoded(): Uint8Array {
    return this.#codings.length === 0 ? this.#bytes.take() : (this.#decoder?.takeDecoded() ?? new Uint8Array(0));
  }

  /** Stops reading and lets go of what was read. */
  cancel(): void {
    this.#cancelled = true;
    this.#bytes.clear();
    this.#decoder?.cancel();
    this.#turn.end();
  }

  #keep(): Promise<void> | undefined {
    const { bodyBytesMax } = this.#options;
    if (this.#bytes.length > bodyBytesMax) throw tooLarge(bodyBytesMax);
    return this.#bytes.length > LARGE_BODY_BYTES ? this.#turn.take() : undefined;
  }

  #decodeOn(): Promise<void> | undefined {
    if (this.#decoder !== undefined) {
      return this.#bytes.length < PIECE_BYTES ? undefined : this.#decoder.write(this.#bytes.take());
    }
    return this.#bytes.length < LARGE_CODED_BYTES ? undefined : this.#decodeLarge();
  }

  async #decodeLarge(): Promise<void> {
    const decoder = await this.#startDecoder();
    await decoder.write(this.#bytes.take());
  }

  /** Null where it would yield a large body. */
  async #decodeSmall(bytes: Uint8Array): Promise<Uint8Array | null> {
    const { bodyBytesMax, turns } = this.#options;
    const options = { maxOutputLength: Math.min(LARGE_BODY_BYTES, bodyBytesMax) };
    await turns.decoding.enter();
    try {
      let decoded = bytes;
      for (const coding of this.#codings) decoded = await coding.whole(decoded, options);
      return decoded;
    } catch (cause) {
      if (cause instanceof RangeError) return null;
      throw toCodingError(cause);
    } finally {
      turns.decoding.leave();
    }
  }

  async #startDecoder(): Promise<StreamDecoder> {
    if (this.#decoder === undefined) {
      await this.#turn.take();
      this.#decoder = new StreamDecoder(this.#codings, this.#options);
      if (this.#cancelled) this.#decoder.cancel();
    }
    return this.#decoder;
  }
}

/** Decodes piece by piece, layer by layer, each layer within the limit. */
class StreamDecoder {
  readonly #layers: readonly Duplex[];
  readonly #decoded = new GrowingBytes();
  readonly #done: Promise<void>;

  constructor(codings: readonly Coding[], { bodyBytesMax, onError }: BodyReaderOptions) {
    this.#layers = codings.map((coding) => limited(coding.stream(), bodyBytesMax));
    const sink = new Writable({
      write: (piece: Buffer, _encoding, done) => {
        this.#decoded.append(piece);
        done();
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

  write(piece: Uint8Array): Promise<void> | undefined {
    const [first] = this.#layers;
    if (first === undefined || !first.writable || first.write(piece)) return undefined;
    return new Promise((resolve) => first.once("drain", resolve));
  }

  async end(last: Uint8Array): Promise<Uint8Array> {
    this.#layers[0]?.end(last);
    await this.#done;
    return this.#decoded.take();
  }

  takeDecoded(): Uint8Array {
    return this.#decoded.take();
  }

  cancel(): void {
    for (const layer of this.#layers) layer.destroy();
    this.#decoded.clear();
  }
}

/** Ends a layer that yields more than the limit: a layer between others would multiply unseen. */
function limited(layer: Duplex, bytesMax: number): Duplex {
  let yielded = 0;
  layer.on("data", (piece: Uint8Array) => {
    yielded += piece.length;
    if (yielded > bytesMax) layer.destroy(tooLarge(bytesMax));
  });
  return layer;
}

/** One body's turn among the large ones; asked for at most once. */
class LargeTurn {
  readonly #turnstile: Turnstile;
  #asked: Promise<void> | undefined;
  #state: "waiting" | "taken" | "ended" = "waiting";

  constructor(turnstile: Turnstile) {
    this.#turnstile = turnstile;
  }

  /** Undefined once it is our turn, else what settles when it is. */
  take(): Promise<void> | undefined {
    if (this.#state === "taken") return undefined;
    this.#asked ??= this.#wait();
    return this.#asked;
  }

  end(): void {
    if (this.#state === "taken") this.#turnstile.leave();
    this.#state = "ended";
  }

  async #wait(): Promise<void> {
    await this.#turnstile.enter();
    if (this.#state === "ended") this.#turnstile.leave();
    else this.#state = "taken";
  }
}

function tooLarge(bodyBytesMax: number): CodingError {
  return new CodingError("too_large", `more than ${bodyBytesMax} bytes after decoding`);
}
