/**
 * What all sweeps of a run share: the rate of new flows, and how many sockets are open at once. Many hosts are swept at
 * the same time, and what each may do by itself would in sum exhaust our descriptors and the tables of firewalls.
 */
import type { World } from "../model/prober.ts";
import { Flows } from "./flows.ts";

/** Sockets open at the same time, over all sweeps; systems allow a process as few as 1,024 descriptors. */
const FLOWS_MAX = 256;

interface Waiting {
  readonly flows: number;
  admit(): void;
}

export class Gate {
  readonly #world: World;
  readonly #flows = new Flows();
  readonly #waiting: Waiting[] = [];
  #free = FLOWS_MAX;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Resolves once so many flows (at most 256) may be opened together: whoever came first goes first. Also resolves when
   * the signal aborts. Gives what to call when they are closed, or not opened after all.
   */
  async enter(flows: number, ratePerS: number, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted || !(await this.#admitted(flows, signal))) return () => {};
    const nowMs = this.#world.monotonicMs();
    const pace = this.#flows.at(ratePerS, nowMs);
    const waitMs = pace.waitMs(nowMs);
    // Taken before it is waited for, so that sweeps that wait at the same time wait for different tokens.
    for (let taken = 0; taken < flows; taken++) pace.take(nowMs);
    if (waitMs > 0) await this.#world.sleep(waitMs, signal);
    return () => {
      this.#free += flows;
      this.#admit();
    };
  }

  #admitted(flows: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#admit();
        resolve(false);
      };
      const admit = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const waiting: Waiting = { flows, admit };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined && first.flows <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= first.flows;
      first.admit();
    }
  }
}
