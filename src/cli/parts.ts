/** The only place that builds the parts a run is given: the real network, clock, chance and prober registry. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Ledger, Net, Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { createNet } from "../net/net.ts";
import { loadProber } from "../probers/index.ts";
import { createPlainSweeper } from "../sweep/plain.ts";
import { createSampler } from "../sweep/sampler.ts";
import type { Engine } from "../sweep/worker-messages.ts";
import { createSweeper } from "../sweep/worker-sweeper.ts";

/** The machine's own clock and chance. */
export function realWorld(): World {
  return {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    // An abort ends the sleep in good order; the sleeper looks at the signal itself.
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    randomBytes: (length) => randomBytes(length),
    secret: () => undefined,
  };
}

/** A ledger that lasts as long as the process: by hand, manners hold within one run. */
export function memoryLedger(): Ledger {
  const noted = new Map<string, number>();
  return { lastWallMs: (key) => noted.get(key), note: (key, wallMs) => noted.set(key, wallMs) };
}

/** Parts for a run over the given network; without one, over the machine's own, which `engine` sweeps. */
export function createParts(world: World = realWorld(), net?: Net, engine: Engine = "auto"): Parts {
  const { net: over, sweeper } = net === undefined ? ownNetwork(world, engine) : otherNetwork(world, net);
  return { prober: loadProber, net: over, sweeper: createSampler(sweeper, world), world, ledger: memoryLedger() };
}

function ownNetwork(world: World, engine: Engine): Pick<Parts, "net" | "sweeper"> {
  const net = createNet(world);
  // The same file from dist/cli and from dist/chunks.
  const startWorker = () => new Worker(new URL("../cli/sweep-worker.js", import.meta.url));
  return { net, sweeper: createSweeper({ net, world, engine, startWorker }) };
}

/** The kernel's own network is all that system calls can sweep. */
function otherNetwork(world: World, net: Net): Pick<Parts, "net" | "sweeper"> {
  return { net, sweeper: createPlainSweeper({ net, world }) };
}
