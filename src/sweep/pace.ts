/**
 * A token bucket without a timer: it says how long to wait and leaves the waiting to its caller. Kept as the time at
 * which the bucket is full again (the generic cell rate algorithm, ITU-T I.371), so no rate and no pause loses precision.
 */
export interface PaceLimits {
  readonly perS: number;
  /** The most that the bucket holds; at least 1. */
  readonly burst: number;
  /** What it holds at the start, at most `burst`. */
  readonly tokens: number;
}

/** Less than this is what floating point left over, and no clock would ever get past it. */
const PRECISION_MS = 1e-6;

export class Pace {
  readonly #intervalMs: number;
  readonly #burst: number;
  #fullAtMs: number;

  constructor({ perS, burst, tokens }: PaceLimits, nowMs: number) {
    this.#intervalMs = 1_000 / perS;
    this.#burst = burst;
    this.#fullAtMs = nowMs + (burst - tokens) * this.#intervalMs;
  }

  /** Milliseconds until a token is there; 0 when one is there now. */
  waitMs(nowMs: number): number {
    const waitMs = this.#fullAtMs - nowMs - (this.#burst - 1) * this.#intervalMs;
    return waitMs < PRECISION_MS ? 0 : waitMs;
  }

  /** How many whole tokens it holds; none while some are owed. */
  tokens(nowMs: number): number {
    const missing = Math.max(0, this.#fullAtMs - nowMs) / this.#intervalMs;
    return Math.max(0, Math.floor(this.#burst - missing + PRECISION_MS));
  }

  /** Takes a token; one that is not there yet is owed. */
  take(nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#intervalMs;
  }

  /** Puts back a token that was taken and not used. */
  giveBack(): void {
    this.#fullAtMs -= this.#intervalMs;
  }
}
