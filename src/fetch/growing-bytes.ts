const FIRST_CAPACITY = 16 * 1024;

/**
 * Bytes put one after another. Chunks are copied into one block that doubles: a body that comes in a million chunks
 * of one byte must not become a million objects.
 */
export class GrowingBytes {
  #block: Uint8Array = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    // A body of one chunk is kept as it came.
    if (this.#length === 0) this.#block = chunk;
    else {
      if (needed > this.#block.length || !this.#owned) this.#grow(needed);
      this.#block.set(chunk, this.#length);
    }
    this.#length = needed;
  }

  #owned = false;

  #grow(needed: number): void {
    const block = new Uint8Array(Math.max(needed, this.#block.length * 2, FIRST_CAPACITY));
    block.set(this.#block.subarray(0, this.#length));
    this.#block = block;
    this.#owned = true;
  }

  /** What was put so far; the holder starts anew. */
  take(): Uint8Array {
    const bytes = this.#block.subarray(0, this.#length);
    this.#block = new Uint8Array(0);
    this.#length = 0;
    this.#owned = false;
    return bytes;
  }
}
