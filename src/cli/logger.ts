/** pino on stderr, one JSON object a line; loaded only when somebody asked for it. */
import { destination, pino } from "pino";
import type { CheckSeen } from "../model/result.ts";

/** A log of what each check did. */
export function createLog(): (one: CheckSeen) => void {
  const log = pino({ name: "unity-probe", level: "debug" }, destination({ dest: 2, sync: true }));
  return ({ check, verdict, durationMs, attempts, skipped }) => {
    const rounded = Math.round(durationMs);
    const what = { check: check.id, host: check.host, address: check.address, prober: check.prober };
    log.debug(
      { ...what, state: verdict?.state, reason: verdict?.reason, attempts, durationMs: rounded, skipped },
      "asked",
    );
  };
}
