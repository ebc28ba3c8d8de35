/** Keeps a prober's manners: when a port was asked last stands in the ledger, and too early is not at all. */
import type { Check } from "../model/check.ts";
import type { Ledger } from "../model/parts.ts";
import type { Prober, World } from "../model/prober.ts";

/** A schedule of the same interval comes round a little early at times: no run begins on the millisecond. */
const EARLY_MAX = 0.02;

/** Why the check is not due yet, or undefined when it may go; then the ledger has noted it. */
export function claimTurn(check: Check, prober: Prober, ledger: Ledger, world: World): string | undefined {
  const { minIntervalMs } = prober.manners;
  if (minIntervalMs === 0) return undefined;
  const key = `${prober.id} ${check.transport} ${check.address} ${check.portsText}`;
  const nowMs = world.wallMs();
  const lastMs = ledger.lastWallMs(key);
  // A clock that went back must not hold a check up for ever: only a time in the past counts.
  if (lastMs !== undefined && lastMs <= nowMs && nowMs - lastMs < (1 - EARLY_MAX) * minIntervalMs) {
    const leftS = Math.ceil((minIntervalMs - (nowMs - lastMs)) / 1000);
    return `not due: asked ${Math.round((nowMs - lastMs) / 1000)} s ago, again in ${leftS} s`;
  }
  ledger.note(key, nowMs);
  return undefined;
}
