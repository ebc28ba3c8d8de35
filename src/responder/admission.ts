/** Who may knock: addresses that are allowed, so many at once that have not shown the key, and what is told of the rest. */

/** Connections that have not shown the key yet, in all and of one address. */
export const UNPROVEN_MAX = 64;
export const UNPROVEN_EACH_MAX = 16;
/** What is told of strangers: each reason and address once in this time, and so many lines in all. */
const TOLD_EVERY_MS = 60_000;
const TOLD_LINES = 32;

export interface AdmissionOptions {
  allows(address: string): boolean;
  monotonicMs(): number;
  /** Tells of somebody who was turned away. */
  tell(address: string, why: string): void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #unproven = new Map<string, number>();
  #total = 0;
  #told = new Set<string>();
  #toldSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Whether a connection of this address may try to show the key; true has to be followed by one `leave`. */
  enter(address: string): boolean {
    const own = this.#unproven.get(address) ?? 0;
    if (!this.#options.allows(address)) return this.turnAway(address, "not in --allow");
    if (own >= UNPROVEN_EACH_MAX || this.#total >= UNPROVEN_MAX) return this.turnAway(address, "too many at once");
    this.#unproven.set(address, own + 1);
    this.#total++;
    return true;
  }

  /** The connection has shown the key, or is gone. */
  leave(address: string): void {
    const left = (this.#unproven.get(address) ?? 1) - 1;
    this.#total--;
    if (left > 0) this.#unproven.set(address, left);
    else this.#unproven.delete(address);
  }

  /** Tells of it, unless that was said a moment ago. */
  turnAway(address: string, why: string): false {
    const nowMs = this.#options.monotonicMs();
    if (nowMs - this.#toldSinceMs >= TOLD_EVERY_MS) {
      this.#told = new Set();
      this.#toldSinceMs = nowMs;
    }
    const line = `${address} ${why}`;
    if (this.#told.size < TOLD_LINES && !this.#told.has(line)) {
      this.#told.add(line);
      this.#options.tell(address, why);
    }
    return false;
  }
}
