const FIRST_SLAB_BYTES = 16 * 1024;
const SLAB_BYTES_MAX = 1024 * 1024;

/**
 * Bytes put one after another. They are copied into slabs that double up to a mebibyte: a body that comes in a million
 * pieces of one byte must not become a million objects, and what is not wanted any more is freed at once, without
 * waiting for the garbage collector, which does not see how much it holds.
 */
export class GrowingBytes {
  /** The first piece, as it came: most bodies have no other. */
  #first: Uint8Array | undefined;
  readonly #slabs: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes used of the last slab. */
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    if (this.#length === 0) this.#first = piece;
    else this.#copy(piece);
    this.#length += piece.length;
  }

  /** All that was put so far; the holder starts anew. */
  take(): Uint8Array {
    const first = this.#first ?? new Uint8Array(0);
    if (this.#slabs.length === 0) {
      this.clear();
      return first;
    }
    const bytes = new Uint8Array(this.#length);
    bytes.set(first);
    let at = first.length;
    for (const slab of this.#slabs) {
      const rest = bytes.length - at;
      bytes.set(slab.length > rest ? slab.subarray(0, rest) : slab, at);
      at += slab.length;
    }
    this.clear();
    return bytes;
  }

  /** Lets go of everything. */
  clear(): void {
    // A buffer that is transferred is detached and its memory freed.
    for (const slab of this.#slabs) slab.buffer.transfer(0);
    this.#slabs.length = 0;
    this.#first = undefined;
    this.#used = 0;
    this.#length = 0;
  }

  #copy(piece: Uint8Array): void {
    const slab = this.#slabs.at(-1);
    if (slab !== undefined && piece.length <= slab.length - this.#used) {
      slab.set(piece, this.#used);
      this.#used += piece.length;
    } else this.#copyInParts(piece);
  }

  #copyInParts(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0) {
      const slab = this.#slabWithRoom();
      const part = rest.subarray(0, slab.length - this.#used);
      slab.set(part, this.#used);
      this.#used += part.length;
      rest = rest.subarray(part.length);
    }
  }

  #slabWithRoom(): Uint8Array {
    const last = this.#slabs.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const size = last === undefined ? FIRST_SLAB_BYTES : Math.min(last.length * 2, SLAB_BYTES_MAX);
    const slab = new Uint8Array(new ArrayBuffer(size));
    this.#slabs.push(slab);
    this.#used = 0;
    return slab;
  }
}
