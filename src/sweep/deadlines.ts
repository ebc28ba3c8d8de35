/** Questions under way in the order in which they were asked, all with the same time to wait. */

const COMPACT_AT = 4_096;

export class Deadlines {
  readonly #keys: number[] = [];
  readonly #startedMs: number[] = [];
  #first = 0;

  add(key: number, nowMs: number): void {
    this.#keys.push(key);
    this.#startedMs.push(nowMs);
  }

  /** Takes those that were asked so long ago, first the oldest. */
  *expired(nowMs: number, waitMs: number): Generator<{ readonly key: number; readonly ageMs: number }> {
    while (this.#first < this.#keys.length && this.#startedMs[this.#first]! + waitMs <= nowMs) {
      const at = this.#first++;
      yield { key: this.#keys[at]!, ageMs: nowMs - this.#startedMs[at]! };
    }
    if (this.#first < COMPACT_AT || this.#first < this.#keys.length / 2) return;
    this.#keys.splice(0, this.#first);
    this.#startedMs.splice(0, this.#first);
    this.#first = 0;
  }

  get isEmpty(): boolean {
    return this.#first === this.#keys.length;
  }

  /** Milliseconds until the oldest has waited so long; Infinity when there is none. */
  dueInMs(nowMs: number, waitMs: number): number {
    const startedMs = this.#startedMs[this.#first];
    return startedMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, startedMs + waitMs - nowMs);
  }
}
