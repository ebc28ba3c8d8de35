/**
 * How many questions may be under way at the same time: more, as long as answers come as fast as they ever did; fewer,
 * once they come later, because then they queue somewhere on the way, and would in the end come too late or be lost (the
 * idea of TCP Vegas, Brakmo and Peterson 1994).
 */

const FIRST = 1_024;
const LEAST = 256;
const MOST = 8_192;

/** An answer may be so much later than the fastest without anything being wrong: our own side reads many in one go. */
const LATER_MS = 40;

export class Window {
  #size = FIRST;
  #fastestMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#size;
  }

  /** An answer came so long after its question. */
  answered(ms: number): void {
    this.#fastestMs = Math.min(this.#fastestMs, ms);
    const laterMs = ms - this.#fastestMs;
    if (laterMs <= LATER_MS) this.#size = Math.min(MOST, this.#size + 1);
    else this.#size = Math.max(LEAST, this.#size - 1);
  }

  /** A question stayed without an answer: where none ever came, that says nothing of a queue. */
  silent(): void {
    if (this.#fastestMs === Number.POSITIVE_INFINITY) this.#size = Math.min(MOST, this.#size + 1);
  }
}
