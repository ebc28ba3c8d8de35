/**
 * When a schedule is due. Runs of one schedule never overlap: what comes due while a run still goes on is missed, and
 * counted. An interval is kept by the monotonic clock, so that nothing that is done to the wall clock stops or doubles
 * it; a cron pattern is about the wall clock, and is looked up again when that was set.
 */
import { Cron } from "croner";
import type { World } from "../model/prober.ts";
import type { When } from "./config.ts";

type Clock = Pick<World, "monotonicMs" | "wallMs" | "sleep" | "randomBytes">;

export interface Timing {
  readonly when: When;
  readonly jitterMs: number;
}

export class Schedule {
  readonly #clock: Clock;
  readonly #jitterMs: number;
  readonly #due: Interval | Pattern;
  #nextAtMs = Number.POSITIVE_INFINITY;

  constructor({ when, jitterMs }: Timing, clock: Clock) {
    this.#clock = clock;
    this.#jitterMs = jitterMs;
    this.#due = "everyMs" in when ? new Interval(when.everyMs, clock) : new Pattern(when.cron, when.timezone, clock);
  }

  /** When the next run begins, by the wall clock; undefined while one goes on, and where none will come. */
  get nextAtMs(): number | undefined {
    return Number.isFinite(this.#nextAtMs) ? this.#nextAtMs : undefined;
  }

  /** How many runs were left out because the one before was still going on, or the machine asleep. */
  get missed(): number {
    return this.#due.missed;
  }

  /** Runs the task each time that it is due, until the signal aborts and the last run has ended. It must not reject. */
  async keep(task: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const jitterMs = this.#jitter();
      await this.#due.wait(signal, (inMs) => {
        this.#nextAtMs = this.#clock.wallMs() + inMs + jitterMs;
      });
      if (jitterMs > 0) await this.#clock.sleep(jitterMs, signal);
      this.#nextAtMs = Number.POSITIVE_INFINITY;
      if (!signal.aborted) await task();
    }
  }

  #jitter(): number {
    const [high = 0, low = 0] = this.#clock.randomBytes(2);
    return (this.#jitterMs * (256 * high + low)) / 65_536;
  }
}

/** The first run at once, and then on a grid: a run that lasts longer moves none of those behind it. */
class Interval {
  missed = 0;
  readonly #everyMs: number;
  readonly #clock: Clock;
  #dueMs: number | undefined;

  constructor(everyMs: number, clock: Clock) {
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  async wait(signal: AbortSignal, tell: (inMs: number) => void): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#dueMs ?? nowMs - this.#everyMs;
    const over = Math.max(0, Math.ceil((nowMs - lastMs) / this.#everyMs) - 1);
    this.missed += over;
    this.#dueMs = lastMs + (over + 1) * this.#everyMs;
    const leftMs = Math.max(0, this.#dueMs - nowMs);
    tell(leftMs);
    if (leftMs > 0) await this.#clock.sleep(leftMs, signal);
  }
}

/** How long a wait for the wall clock goes on before it is read again: it may have been set. */
const LOOK_AGAIN_MS = 10_000;
/** A run that is later than that, because the machine slept or the clock was set on, is missed. */
const LATE_MAX_MS = 60_000;
/** What is counted of a time that was missed altogether. */
const MISSED_MAX = 10_000;

/** The times of a cron pattern. */
class Pattern {
  missed = 0;
  readonly #cron: Cron;
  readonly #clock: Clock;
  /** The last run, by both clocks. */
  #last: { readonly wallMs: number; readonly monotonicMs: number } | undefined;

  constructor(cron: string, timezone: string | undefined, clock: Clock) {
    this.#cron = new Cron(cron, { paused: true, ...(timezone !== undefined && { timezone }) });
    this.#clock = clock;
  }

  async wait(signal: AbortSignal, tell: (inMs: number) => void): Promise<void> {
    let seenMs = this.#clock.wallMs();
    if (this.#last !== undefined) this.#miss(this.#after(this.#last.wallMs), seenMs);
    let dueMs = this.#after(seenMs);
    for (let nowMs = seenMs; !signal.aborted; nowMs = this.#clock.wallMs()) {
      const isLate = nowMs - dueMs > LATE_MAX_MS;
      if (isLate) this.#miss(dueMs, nowMs);
      if (isLate || nowMs < seenMs || (nowMs >= dueMs && this.#isRepeated(dueMs))) dueMs = this.#after(nowMs);
      seenMs = nowMs;
      if (nowMs >= dueMs) break;
      tell(dueMs - nowMs);
      await this.#clock.sleep(Math.min(LOOK_AGAIN_MS, dueMs - nowMs), signal);
    }
    this.#last = { wallMs: dueMs, monotonicMs: this.#clock.monotonicMs() };
  }

  /** Counts the times of the pattern from the first to now. */
  #miss(firstMs: number, nowMs: number): void {
    const most = this.missed + MISSED_MAX;
    for (let at = firstMs; at <= nowMs && this.missed < most; at = this.#after(at)) this.missed++;
  }

  /** A time that the clock, set back, shows once more: it counts only where the pattern comes as often as that. */
  #isRepeated(dueMs: number): boolean {
    if (this.#last === undefined || dueMs > this.#last.wallMs) return false;
    const sinceMs = this.#clock.monotonicMs() - this.#last.monotonicMs;
    return sinceMs < (this.#after(dueMs) - dueMs) / 2;
  }

  /** The pattern was tried when it was read: it comes again, or never more. */
  #after(wallMs: number): number {
    return this.#cron.nextRun(new Date(wallMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  }
}
