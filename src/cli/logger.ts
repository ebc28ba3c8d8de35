/** pino on stderr, one JSON object a line; loaded only when somebody asked for it. */
import { destination, pino } from "pino";
import type { AgentLog } from "../agent/log.ts";
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

/** A log of what an agent does. */
export function createAgentLog(): AgentLog {
  const log = openLog();
  return {
    info: (sentence, facts) => log.info(facts, sentence),
    warn: (sentence, facts) => log.warn(facts, sentence),
    error: (sentence, facts) => log.error(facts, sentence),
  };
}

function openLog() {
  return pino({ name: "unity-probe", level: "debug" }, destination({ dest: 2, sync: true }));
}
