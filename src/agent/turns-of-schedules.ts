/**
 * A prober's interval gives a port one turn at a time, and the schedules come first: what they see are votes, and alarms
 * hang on them. A probe that took each turn a moment before them would leave their cell as it was for ever.
 */
import type { Ledger } from "../model/parts.ts";
import type { World } from "../model/prober.ts";

/**
 * The same ledger as a probe may see it: a port that was asked before counts as asked as lately as the schedules will ask
 * it again, so that a turn is the probe's only where it is over when theirs begins.
 *
 * @param nextAtMs when the next run begins, or one that goes on now, in milliseconds since 1970; infinity: none does
 */
export function leavesTurnsTo(nextAtMs: () => number, ledger: Ledger, world: Pick<World, "wallMs">): Ledger {
  return {
    lastWallMs(key) {
      const lastMs = ledger.lastWallMs(key);
      if (lastMs === undefined) return undefined;
      const nowMs = world.wallMs();
      const pastMs = lastMs > nowMs ? Number.NEGATIVE_INFINITY : lastMs;
      return Math.max(pastMs, nowMs - Math.max(0, nextAtMs() - nowMs));
    },
    note: (key, wallMs) => ledger.note(key, wallMs),
  };
}
