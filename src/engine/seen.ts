/** CheckSeen values for checks that were not sent, or did not end. */
import type { Check } from "../model/check.ts";
import type { CheckSeen } from "../model/result.ts";
import type { Reason } from "../model/words.ts";

const NOTHING = {
  observations: [],
  attempts: 0,
  errorQueue: false,
  durationMs: 0,
  timeoutMs: 0,
  warnings: [],
} as const;

/** Our own side could not ask: state `unknown`, with the reason. */
export function blank(check: Check, reason: Reason): CheckSeen {
  return { ...NOTHING, check, verdict: { state: "unknown", reason, service: "unchecked" } };
}

/** A mistake of our own: it must not end the run, and must not be taken for something the network did. */
export function failed(check: Check, failure: unknown): CheckSeen {
  const why = failure instanceof Error ? failure.message : String(failure);
  return { ...blank(check, "unclassified"), warnings: [`the prober failed: ${why}`] };
}

/** The run was stopped before this check ended: nothing is known of it. */
export function interrupted(check: Check): CheckSeen {
  return { ...NOTHING, check };
}

/** The plan, or the address, says that this check is not sent. */
export function skipped(check: Check, why: string, deliberate: boolean): CheckSeen {
  return { ...NOTHING, check, skipped: { why, deliberate } };
}

/** The prober's manners say that it is too early to ask again; deliberate where an earlier result is kept. */
export function notDue(check: Check, why: string, deliberate: boolean): CheckSeen {
  return { ...NOTHING, check, skipped: { why, deliberate, notDue: true } };
}
