/**
 * The main thread's end of the worker: started for the first sweep, and again if it was ended because nobody wanted
 * anything of it. It keeps the process alive only while a sweep is under way, and is never terminated: it ends by itself.
 */
import type { Worker } from "node:worker_threads";
import type { Icmp, SweepJob } from "../model/observation.ts";
import { VerdictMemory } from "./verdict-memory.ts";
import type { Order, Report, SweepOrder } from "./worker-messages.ts";

/** A worker that was told to stop, and does not say within this that it has, is given up. */
const STOP_MS = 1_000;

export interface ThreadSweep {
  readonly shared: VerdictMemory;
  readonly offenders: readonly Icmp[];
  /** Why the worker did not finish it. */
  readonly failure?: string;
}

interface Pending {
  readonly offenders: Icmp[];
  onProgress(): void;
  end(failure?: string): void;
}

export type SweepWish = Pick<SweepOrder, "job" | "engine" | "seed" | "source">;

export class SweepThread {
  readonly #start: () => Worker;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** `start` gives a worker that serves sweeps, just started. */
  constructor(start: () => Worker) {
    this.#start = start;
  }

  /**
   * Sweeps in the worker. Resolves when it is done, when the worker cannot go on or died, or, soon after, when the
   * signal aborts; never rejects. `onProgress` is called now and then with what there is so far.
   */
  async sweep(wish: SweepWish, onProgress: (shared: VerdictMemory) => void, signal: AbortSignal): Promise<ThreadSweep> {
    const id = ++this.#lastId;
    const shared = VerdictMemory.for(wish.job.ports.length);
    const offenders: Icmp[] = [];
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const failure = await new Promise<string | undefined>((resolve) => {
      stop = () => {
        shared.cancel();
        timer = setTimeout(resolve, STOP_MS, "the worker does not stop");
      };
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) return resolve(undefined);
      this.#pending.set(id, { offenders, onProgress: () => onProgress(shared), end: resolve });
      this.#order({ kind: "sweep", id, memory: shared.memory, ...wish });
    });
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker?.unref();
    return { shared, offenders, ...(failure !== undefined && { failure }) };
  }

  #order(order: SweepOrder): void {
    try {
      this.#worker ??= this.#started();
      this.#worker.ref();
      this.#worker.postMessage(order satisfies Order);
    } catch (error) {
      this.#pending.get(order.id)?.end(String(error));
    }
  }

  #started(): Worker {
    const worker = this.#start();
    worker.on("message", (report: Report) => this.#onReport(worker, report));
    worker.on("error", (error) => this.#onEnd(worker, String(error)));
    worker.on("exit", () => this.#onEnd(worker, "the worker ended"));
    return worker;
  }

  #onReport(worker: Worker, report: Report): void {
    if (report.kind === "idle") {
      if (this.#pending.size > 0 || this.#worker !== worker) return;
      this.#worker = undefined;
      worker.postMessage({ kind: "end" } satisfies Order);
      return;
    }
    const pending = this.#pending.get(report.id);
    if (report.kind === "progress") pending?.onProgress();
    else if (report.kind === "offender") pending?.offenders.push(report.icmp);
    else if (report.kind === "done") pending?.end();
    else pending?.end(report.why);
  }

  /** Whatever it was doing, it will never say. */
  #onEnd(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { end } of this.#pending.values()) end(why);
  }
}

/** The job with some of its ports only, given by their indexes. */
export function partOf(job: SweepJob, indexes: readonly number[]): SweepJob {
  return { ...job, ports: Uint16Array.from(indexes, (at) => job.ports[at]!) };
}
