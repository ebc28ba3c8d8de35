/** The only place that builds the parts a run is given: the real network, clock, chance and prober registry. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger, Net, Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { createNet } from "../net/net.ts";
import { loadProber } from "../probers/index.ts";
import { createPlainSweeper } from "../sweep/plain.ts";
import { createSampler } from "../sweep/sampler.ts";

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

/** Parts for a run over the given network; without one, over the machine's own. */
export function createParts(world: World = realWorld(), net: Net = createNet(world)): Parts {
  const sweeper = createSampler(createPlainSweeper({ net, world }), world);
  return { prober: loadProber, net, sweeper, world, ledger: memoryLedger() };
}
