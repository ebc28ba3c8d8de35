/** The worker's one loop: steps all sweeps that are under way in turn, and sleeps when none has anything to do. */
import type { Bulk, Features } from "#node-dgram-ext";
import { Descriptors } from "./descriptors.ts";
import { engineFor } from "./engines.ts";
import { Flows } from "./flows.ts";
import type { SweepEngine } from "./sweep-engine.ts";
import { VerdictMemory } from "./verdict-memory.ts";
import { Verdicts } from "./verdicts.ts";
import type { Report, SweepOrder } from "./worker-messages.ts";

/** How often the main thread is told of progress. */
const PROGRESS_MS = 50;
/** The longest sleep: a stop, an order and an answer are seen no later. */
const SLEEP_MAX_MS = 4;

export interface LoopParts {
  readonly bulk: Bulk;
  readonly features: Features;
  /** Threads that share what the process may have open. */
  readonly threads: number;
  monotonicMs(): number;
  say(report: Report): void;
}

interface Sweep {
  readonly id: number;
  readonly shared: VerdictMemory;
  readonly verdicts: Verdicts;
  readonly engine: SweepEngine;
  toldMs: number;
}

export class SweepLoop {
  readonly #parts: LoopParts;
  readonly #flows = new Flows();
  readonly #descriptors: Descriptors;
  readonly #sweeps = new Set<Sweep>();
  readonly #bed = new Int32Array(new SharedArrayBuffer(4));
  #sleepMs = 1;
  #isRunning = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#descriptors = new Descriptors(parts.features.descriptors, parts.threads);
  }

  /** Begins a sweep; what becomes of it is said. */
  add(order: SweepOrder): void {
    try {
      this.#sweeps.add(this.#begun(order));
    } catch (error) {
      this.#parts.say({ kind: "failed", id: order.id, why: String(error) });
      return;
    }
    this.#sleepMs = 1;
    if (!this.#isRunning) void this.#run();
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  #begun(order: SweepOrder): Sweep {
    const { id, job, source } = order;
    const { say, monotonicMs } = this.#parts;
    const shared = new VerdictMemory(order.memory);
    const verdicts = new Verdicts(job, shared, source, (icmp) => say({ kind: "offender", id, icmp }));
    const engine = engineFor(job.transport, {
      ...this.#parts,
      job,
      engine: order.engine,
      seed: order.seed,
      verdicts,
      flows: this.#flows,
      descriptors: this.#descriptors,
      ...(source !== undefined && { source }),
    });
    return { id, shared, verdicts, engine, toldMs: monotonicMs() };
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sweeps.size > 0) {
      let waitMs = Number.POSITIVE_INFINITY;
      for (const sweep of this.#sweeps) waitMs = Math.min(waitMs, this.#step(sweep));
      this.#sleep(waitMs);
      // Orders come between two rounds.
      await new Promise((turned) => setImmediate(turned));
    }
    this.#isRunning = false;
  }

  /** Gives how long this sweep can wait. */
  #step(sweep: Sweep): number {
    const { id, shared, verdicts, engine } = sweep;
    const { say, monotonicMs } = this.#parts;
    try {
      const waitMs = shared.cancelled ? undefined : engine.step();
      if (waitMs === undefined) {
        this.#end(sweep);
        if (!shared.cancelled) verdicts.finish();
        say({ kind: "done", id });
        return 0;
      }
      const nowMs = monotonicMs();
      if (nowMs - sweep.toldMs >= PROGRESS_MS) {
        sweep.toldMs = nowMs;
        say({ kind: "progress", id });
      }
      return waitMs;
    } catch (error) {
      this.#end(sweep);
      say({ kind: "failed", id, why: String(error) });
      return 0;
    }
  }

  #end(sweep: Sweep): void {
    this.#sweeps.delete(sweep);
    sweep.engine.close();
  }

  /** A little longer each time that there is nothing to do. */
  #sleep(waitMs: number): void {
    if (waitMs <= 0) {
      this.#sleepMs = 1;
      return;
    }
    Atomics.wait(this.#bed, 0, 0, Math.min(waitMs, this.#sleepMs));
    this.#sleepMs = Math.min(SLEEP_MAX_MS, this.#sleepMs + 1);
  }
}
