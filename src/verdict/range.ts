/** What a sweep saw -> groups of ports that were seen alike, and the verdict on the whole range. */
import type { Check } from "../model/check.ts";
import type { PortGroup, SweepSeen } from "../model/observation.ts";
import type { RangeSeen, Verdict } from "../model/result.ts";
import { REASONS, type State } from "../model/words.ts";
import { statementOf } from "./sample.ts";
import { isDoubted, ownSender, stateOfReason } from "./state.ts";

/** Groups the ports by reason and offender, in the order in which each group is first met. */
export function rangeOf(check: Check, ports: Uint16Array, seen: SweepSeen): RangeSeen {
  const portsOfGroup = new Map<string, number[]>();
  const groups: PortGroup[] = [];
  let tested = 0;
  for (const [at, port] of ports.entries()) {
    const code = seen.codes[at] ?? 0;
    const reason = REASONS[code - 1];
    if (reason === undefined) continue;
    tested++;
    const offender = seen.offenders[(seen.offenderOf[at] ?? 0) - 1];
    const confirmed = reason === "no-response" && check.transport === "udp" ? seen.confirmed?.[at] === 1 : undefined;
    const key = JSON.stringify([code, offender, confirmed]);
    const known = portsOfGroup.get(key);
    if (known !== undefined) {
      known.push(port);
      continue;
    }
    const alike = [port];
    portsOfGroup.set(key, alike);
    const target = check.address ?? "";
    const sender = ownSender(offender?.from, target, check.addresses ?? []);
    const state = stateOfReason(reason, check.transport, target, sender);
    groups.push({ state, reason, ports: alike, ...(offender && { offender }), ...(confirmed && { confirmed }) });
  }
  const { sample: drawn, errorQueue } = seen;
  const confidence = drawn && statementOf({ ports, drawn, groups, errorQueue });
  return { total: ports.length, tested, groups, ...(confidence !== undefined && { confidence }) };
}

/** The verdict on the ports of one group. A range is never asked for its service. */
export function verdictOfGroup(group: PortGroup, errorQueue: boolean): Verdict {
  return {
    state: group.state,
    reason: group.reason,
    service: "unchecked",
    ...(group.offender === undefined ? {} : { offender: group.offender }),
    ...(isDoubted(group.state, errorQueue) ? { doubted: true } : {}),
  };
}

/** Worst first: the state whose reason stands for a mixed range. */
const WORST_FIRST: readonly State[] = ["unknown", "filtered", "open|filtered", "closed", "open"];

/**
 * The state that all ports of the range share, else `mixed`. The reason, offender and doubt are those of the worst
 * group (unknown, then filtered, open|filtered, closed, open). Undefined when no port was asked.
 */
export function verdictOfRange(range: RangeSeen, errorQueue: boolean): Verdict | undefined {
  const verdicts = range.groups.map((group) => verdictOfGroup(group, errorQueue));
  const worst = WORST_FIRST.map((state) => verdicts.find((verdict) => verdict.state === state)).find(Boolean);
  if (worst === undefined) return undefined;
  const mixed = verdicts.some((verdict) => verdict.state !== worst.state);
  return mixed ? { ...worst, state: "mixed" } : worst;
}
