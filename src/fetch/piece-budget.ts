/** Pieces of bodies that are taken before the event loop goes on: one or two milliseconds. */
const PIECES_AT_ONCE = 2_000;

/**
 * Shares the event loop among bodies that come in very many small pieces: a server may send each byte as a chunk of its own
 * (RFC 9112 §7.1), and what 64 of them had sent by the time we looked would keep the loop for a second. Whoever reads asks
 * before each of its reads, so that what was read is never put back.
 */
export class PieceBudget {
  #left = PIECES_AT_ONCE;
  #isRenewed = false;
  readonly #waiting: (() => void)[] = [];

  /** Where it is, `wait` before reading on. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** A piece was taken. */
  take(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#renewSoon();
  }

  /** Goes on in one of the loop's next turns, in the order of asking. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
  }

  #renewSoon(): void {
    if (this.#isRenewed) return;
    this.#isRenewed = true;
    setImmediate(() => {
      this.#isRenewed = false;
      this.#left = PIECES_AT_ONCE;
      while (!this.isSpent && this.#waiting.length > 0) this.#waiting.shift()?.();
    });
  }
}
