/** What a sweep saw -> groups of ports that were seen alike, and the verdict on the whole range. */
import type { Check } from "../model/check.ts";
import type { PortGroup, SweepSeen } from "../model/observation.ts";
import type { RangeSeen, Verdict } from "../model/result.ts";
import { REASONS, type State } from "../model/words.ts";
import { statementOf } from "./sample.ts";
import { isDoubted, ownSender, stateOfReason } from "./state.ts";

/** Groups the ports by reason, offender and hop limit, in the order in which each group is first met. */
export function rangeOf(check: Check, ports: Uint16Array, seen: SweepSeen): RangeSeen {
  const portsOfGroup = new Map<string, number[]>();
  /** The same by what is written at a port: there are as many ports as 65,535, and few groups. */
  const portsOfMark = new Map<number, number[]>();
  const groups: PortGroup[] = [];
  let tested = 0;
  for (const [at, port] of ports.entries()) {
    if ((seen.codes[at] ?? 0) === 0) continue;
    tested++;
    const mark = markOf(seen, at);
    let alike = portsOfMark.get(mark);
    if (alike === undefined) {
      const group = groupOf(check, seen, at);
      const key = JSON.stringify(group);
      alike = portsOfGroup.get(key) ?? [];
      if (!portsOfGroup.has(key)) groups.push({ ...group, ports: alike });
      portsOfGroup.set(key, alike);
      portsOfMark.set(mark, alike);
    }
    alike.push(port);
  }
  const { sample: drawn, errorQueue } = seen;
  const confidence = drawn && statementOf({ ports, drawn, groups, errorQueue });
  return { total: ports.length, tested, groups, ...(confidence !== undefined && { confidence }) };
}

/** All that a sweep says of one port, as one number. */
function markOf({ codes, confirmed, hopLimitOf, offenderOf }: SweepSeen, at: number): number {
  const small = (codes[at] ?? 0) + 256 * (confirmed?.[at] ?? 0);
  return small + 512 * (hopLimitOf?.[at] ?? 0) + 131_072 * (offenderOf[at] ?? 0);
}

function groupOf({ transport, address, addresses }: Check, seen: SweepSeen, at: number): Omit<PortGroup, "ports"> {
  const reason = REASONS[seen.codes[at]! - 1] ?? "unclassified";
  const offender = seen.offenders[(seen.offenderOf[at] ?? 0) - 1];
  const hopLimit = seen.hopLimitOf?.[at] ?? 0;
  const confirmed = reason === "no-response" && transport === "udp" && seen.confirmed?.[at] === 1;
  const target = address ?? "";
  const state = stateOfReason(reason, transport, target, ownSender(offender?.from, target, addresses ?? []));
  return {
    state,
    reason,
    ...(offender && { offender }),
    ...(confirmed && { confirmed }),
    ...(hopLimit > 0 && { hopLimit }),
  };
}

/** The verdict on the ports of one group. A range is never asked for its service. */
export function verdictOfGroup(group: PortGroup, errorQueue: boolean): Verdict {
  return {
    state: group.state,
    reason: group.reason,
    service: "unchecked",
    ...(group.offender === undefined ? {} : { offender: group.offender }),
    ...(group.lost === undefined ? {} : { lost: group.lost }),
    ...(group.intercepted === undefined ? {} : { intercepted: group.intercepted }),
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
