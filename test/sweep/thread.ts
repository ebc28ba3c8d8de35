/** What the tests of the worker share: the thread as it is built from the source, and others that misbehave. */
import { Worker } from "node:worker_threads";
import type { SweepJob } from "../../src/model/observation.ts";
import type { Engine } from "../../src/sweep/worker-messages.ts";
import { createSweeper } from "../../src/sweep/worker-sweeper.ts";
import { net, never, wordsOf, world } from "./sweeping.ts";

/** A thread that serves sweeps. */
export function startWorker(): Worker {
  const entry = new URL("../../src/cli/sweep-worker.ts", import.meta.url);
  // A worker does not take the loader that its parent was started with.
  const code = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  return new Worker(code, { eval: true, workerData: 1 });
}

/** A thread that runs this instead; `port` and `VerdictMemory` codes of an order are at hand. */
export function workerThat(code: string): Worker {
  const prelude = `const { parentPort: port } = require("node:worker_threads");
    const codesOf = (memory) => new Uint8Array(memory, 24 + 2 * ((memory.byteLength - 24) / 5), (memory.byteLength - 24) / 5);`;
  return new Worker(`${prelude}\n${code}`, { eval: true });
}

export function sweeperOf(engine: Engine, start = startWorker, over = net, threads = 1) {
  return createSweeper({ net: over, world, engine, threads, rawSockets: true, startWorker: start });
}

/** Sweeps in a thread; gives reasons by port, progress and how long it took. */
export async function sweepIn(engine: Engine, asked: SweepJob, signal = never, start = startWorker, over = net) {
  const progress: number[] = [];
  const startedMs = performance.now();
  const seen = await sweeperOf(engine, start, over).sweep(asked, (done) => progress.push(done), signal);
  return { ...seen, words: wordsOf(seen), progress, tookMs: performance.now() - startedMs };
}
