/**
 * A world whose time stands still until everybody waits, and then moves on to the next moment that somebody waits for.
 * Hours pass in milliseconds, in the same order every time; a wait that nothing can end is an error, not a hang.
 */
import type { World } from "../../src/model/prober.ts";

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** 2026-11-21 06:33:51 UTC, when the monotonic clock reads 0. */
const EPOCH_MS = Date.UTC(2026, 10, 21, 6, 33, 51);

export class HeldClock {
  nowMs = 0;
  /** What the wall clock is off by: tests may set it back and forth. */
  wallOffsetMs = 0;
  readonly world: World;
  readonly #sleepers = new Set<Sleeper>();
  #order = 0;
  #drawn = 0;

  constructor() {
    this.world = {
      monotonicMs: () => this.nowMs,
      wallMs: () => EPOCH_MS + this.nowMs + this.wallOffsetMs,
      sleep: (ms, signal) => this.sleep(ms, signal),
      randomBytes: (length) => Uint8Array.from({ length }, () => this.#drawn++),
      secret: () => undefined,
    };
  }

  /** Resolves when so much time has passed, or when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, wake: end };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", end, { once: true });
    });
  }

  /** Calls at a moment that lies ahead. */
  at(atMs: number, call: () => void): void {
    void this.sleep(atMs - this.nowMs).then(call);
  }

  /** Lets time pass until the task is done. */
  async passes<T>(task: Promise<T>): Promise<T> {
    let done = false;
    const settled = task.finally(() => {
      done = true;
    });
    // The caller is told of a failure by `settled` itself, in the end.
    settled.catch(() => {});
    for (;;) {
      await everybodyWaits();
      if (done) return settled;
      const next = this.#next();
      if (next === undefined) throw new Error(`at ${this.nowMs} ms everybody waits, and nothing will ever happen`);
      this.nowMs = next.atMs;
      next.wake();
    }
  }

  #next(): Sleeper | undefined {
    return [...this.#sleepers].sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}

/** All that can go on without time passing has gone on: promises are done before the event loop turns. */
function everybodyWaits(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
