/** What replies of a host taught us, for other checks of the same host: one prober learns the realm, another wants it. */
import type { Evidence, EvidenceValue } from "../model/evidence.ts";
import type { World } from "../model/prober.ts";
import { withDeadline } from "./deadline.ts";

/** A check waits at most this long for a fact that it wants. */
export const FACT_WAIT_MS = 500;

export class Facts {
  readonly #known = new Map<string, EvidenceValue>();
  readonly #waiting = new Set<() => void>();

  /** The first value of a fact stays: a later reply cannot change what a check already used. */
  learn(facts: Evidence): void {
    for (const [name, value] of Object.entries(facts)) {
      if (!this.#known.has(name)) this.#known.set(name, value);
    }
    for (const look of this.#waiting) look();
  }

  /** Those of the wanted facts that are known by now, or become known in time. */
  async wait(wanted: readonly string[], world: World, signal: AbortSignal): Promise<Evidence> {
    const missing = () => wanted.some((name) => !this.#known.has(name));
    if (missing()) {
      await withDeadline(world, FACT_WAIT_MS, signal, (over) => this.#until(() => !missing(), over));
    }
    const known = wanted.flatMap((name) => (this.#known.has(name) ? [[name, this.#known.get(name)!]] : []));
    return Object.fromEntries(known) as Evidence;
  }

  #until(enough: () => boolean, over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!enough() && !over.aborted) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      over.addEventListener("abort", look, { once: true });
      look();
    });
  }
}
