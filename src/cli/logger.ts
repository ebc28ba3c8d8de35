/** pino on stderr, one JSON object a line; loaded only when somebody asked for it. */
import type { CheckSeen } from "../model/result.ts";

export interface RunLog {
  seen(one: CheckSeen): void;
}

/** A log of what each check did, or nothing. */
export async function createLog(wanted: boolean): Promise<RunLog> {
  if (!wanted) return { seen: () => {} };
  const { pino } = await import("pino");
  const log = pino({ name: "unity-probe", level: "debug" }, pino.destination({ dest: 2, sync: true }));
  return {
    seen({ check, verdict, durationMs, attempts, skipped }) {
      const what = { check: check.id, host: check.host, address: check.address, prober: check.prober };
      log.debug({ ...what, state: verdict?.state, reason: verdict?.reason, attempts, durationMs, skipped }, "asked");
    },
  };
}
