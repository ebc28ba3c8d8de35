/** pino on stderr, one JSON object a line; loaded only when somebody asked for it. */
import { destination, pino } from "pino";
import type { CheckSeen } from "../model/result.ts";
import type { ResponderEvent } from "../responder/server.ts";

/** A log of what each check did. */
export function createLog(): (one: CheckSeen) => void {
  const log = openLog();
  return ({ check, verdict, durationMs, attempts, skipped }) => {
    const rounded = Math.round(durationMs);
    const what = { check: check.id, host: check.host, address: check.address, prober: check.prober };
    log.debug(
      { ...what, state: verdict?.state, reason: verdict?.reason, attempts, durationMs: rounded, skipped },
      "asked",
    );
  };
}

/** A log of who came to a responder, and what it was given. */
export function createResponderLog(): (event: ResponderEvent) => void {
  const log = openLog();
  return ({ what, ...about }) => log.info(about, what);
}

function openLog() {
  return pino({ name: "unity-probe", level: "debug" }, destination({ dest: 2, sync: true }));
}
