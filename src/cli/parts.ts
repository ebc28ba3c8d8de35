/** The only place that builds the parts a run is given: the real network, clock, chance and prober registry. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { openSockets } from "#node-dgram-ext";
import type { Ledger, Net, Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { createNet } from "../net/net.ts";
import { loadProber } from "../probers/index.ts";
import { createPlainSweeper } from "../sweep/plain.ts";
import { createSampler } from "../sweep/sampler.ts";
import type { Engine } from "../sweep/worker-messages.ts";
import { createSweeper } from "../sweep/worker-sweeper.ts";
import { type FarEnds, farEndsOver } from "./far-ends.ts";

const WORKER_YOUNG_MB = 4;

/** Threads that sweep one range together; more would only wait for each other in the kernel. */
const THREADS_MAX = 4;
/** With fewer descriptors than this one thread can use them all. */
const DESCRIPTORS_FOR_THREADS = 4_096;

/** The machine's own clock and chance. */
export function realWorld(): World {
  return {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    sleep,
    randomBytes: (length) => randomBytes(length),
    secret: () => undefined,
  };
}

/** An abort ends the sleep in good order, without the error that would be made for it; the sleeper looks at the signal. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** A ledger that lasts as long as the process: by hand, manners hold within one run. */
export function memoryLedger(): Ledger {
  const noted = new Map<string, number>();
  return { lastWallMs: (key) => noted.get(key), note: (key, wallMs) => noted.set(key, wallMs) };
}

export interface OpenParts extends Parts {
  /** Gives back what the network holds; to be called after the run. */
  close(): void;
}

export interface PartsOptions {
  /** What sweeps ranges over the machine's own network. */
  readonly engine?: Engine;
  /** Makes another network of the machine's own. Only the portable sweeper can sweep that. */
  readonly over?: (net: Net) => Net;
  /** The responders that may be asked. */
  readonly farEnds?: FarEnds;
}

/** Parts for a run over the machine's own network, or over what was made of that. */
export async function openParts(
  world: World = realWorld(),
  { engine = "auto", over, farEnds }: PartsOptions = {},
): Promise<OpenParts> {
  const sockets = await openSockets();
  const own = createNet(world, sockets);
  const net = over?.(own) ?? own;
  const { descriptors = 0, rawSockets } = sockets.features;
  const threads = descriptors < DESCRIPTORS_FOR_THREADS ? 1 : Math.min(THREADS_MAX, availableParallelism());
  // The same file from dist/cli and from dist/chunks.
  const startWorker = () =>
    new Worker(new URL("../cli/sweep-worker.js", import.meta.url), {
      workerData: threads,
      // What it keeps is small, and what it forgets at once is not left to grow.
      resourceLimits: { maxYoungGenerationSizeMb: WORKER_YOUNG_MB },
    });
  const sweeper =
    over === undefined
      ? createSweeper({ net, world, engine, threads, rawSockets: rawSockets.has, startWorker })
      : createPlainSweeper({ net, world });
  return {
    prober: loadProber,
    net,
    sweeper: createSampler(sweeper, world),
    world,
    ledger: memoryLedger(),
    ...(farEnds !== undefined && { farEnd: farEndsOver(farEnds, { world, sockets }) }),
    close: () => sockets.close(),
  };
}
