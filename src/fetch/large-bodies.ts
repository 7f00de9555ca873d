/** A body that holds more than this, in bytes, is large. */
export const LARGE_BODY_BYTES = 1024 * 1024;

/** Large bodies that may grow at once; the others wait, their servers held back by TCP. Bounds the memory of all. */
const LARGE_BODIES_MAX = 4;

/** Lets few bodies grow large at once, in the order they asked. */
export class LargeBodies {
  #free = LARGE_BODIES_MAX;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the body may grow; the caller must call `leave` later. */
  enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
