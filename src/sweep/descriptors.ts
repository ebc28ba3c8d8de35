/** The descriptors that all sweeps of a thread may hold together; the rest of the process has some of its own. */

/** Kept for everything else that the process does; half of them where there are few. */
const SPARE = 256;
/** Open before the first sweep: Node's own, files, sockets of single checks. */
const IN_USE = 64;
/** More sockets at once make no sweep faster. */
const MOST = 8_192;
/** Assumed where the system does not say how many there are. */
const USUAL_LIMIT = 1_024;

export class Descriptors {
  #free: number;

  /** `limit`: what the process may have open, which so many threads share. */
  constructor(limit = USUAL_LIMIT, threads = 1) {
    const free = (limit - IN_USE - Math.min(SPARE, limit / 2)) / threads;
    this.#free = Math.max(1, Math.min(MOST, Math.floor(free)));
  }

  /** Whether one more may be opened by a sweep that holds so many: the more it holds, the more it leaves to others. */
  take(held: number): boolean {
    if (this.#free < Math.max(1, held)) return false;
    this.#free--;
    return true;
  }

  /** How many a sweep that holds so many may come to hold, if no other wants any. */
  share(held: number): number {
    return Math.ceil((this.#free + held) / 2);
  }

  giveBack(count: number): void {
    this.#free += count;
  }
}
