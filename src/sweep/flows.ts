/** New flows a second, over all sweeps that share this and were given the same rate. */
import { Pace } from "./pace.ts";

/** Flows that may be opened without a pause between them, as seconds of the rate. */
const BURST_S = 0.01;

export class Flows {
  readonly #paces = new Map<number, Pace>();

  /** The one pace of this rate. */
  at(ratePerS: number, nowMs: number): Pace {
    const known = this.#paces.get(ratePerS);
    if (known !== undefined) return known;
    const pace = paceOf(ratePerS, nowMs);
    this.#paces.set(ratePerS, pace);
    return pace;
  }
}

export function paceOf(ratePerS: number, nowMs: number): Pace {
  const burst = Math.max(1, ratePerS * BURST_S);
  return new Pace({ perS: ratePerS, burst, tokens: burst }, nowMs);
}
