/** A check of which a far end proved ports: what was seen, whether by tokens alone or with the rest asked otherwise. */
import type { Check } from "../model/check.ts";
import type { PortGroup } from "../model/observation.ts";
import { countPorts, spansOf } from "../model/ports.ts";
import type { CheckSeen, RangeSeen } from "../model/result.ts";
import { verdictOfGroup, verdictOfRange } from "../verdict/range.ts";
import { interrupted } from "./seen.ts";

/** What the far end showed of one check. */
export interface Proven {
  /** Ports that it held. */
  readonly groups: readonly PortGroup[];
  /** Ports that it did not, to be asked otherwise. What may not be asked at all is in neither. */
  readonly left: readonly number[];
  readonly errorQueue: boolean;
  readonly durationMs: number;
}

/** The result by tokens alone; ports of a range that they did not prove are not asked. */
export function seenByTokens(check: Check, proven: Proven, signal: AbortSignal): CheckSeen {
  const { groups, errorQueue, durationMs } = proven;
  if (signal.aborted && groups.some(({ reason }) => reason === "responder-lost")) return interrupted(check);
  const tested = groups.reduce((sum, { ports }) => sum + ports.length, 0);
  const total = countPorts(check.ports);
  const range: RangeSeen = { total, tested, groups };
  const verdict = total === 1 ? verdictOfGroup(groups[0]!, errorQueue) : verdictOfRange(range, errorQueue);
  const { skip: _lifted, ...asked } = check;
  return {
    check: asked,
    observations: [],
    attempts: tested,
    errorQueue,
    durationMs,
    timeoutMs: durationMs,
    warnings: [],
    ...(total > 1 && { range }),
    ...(verdict !== undefined && { verdict }),
    ...(check.farEnd?.local !== undefined && { source: check.farEnd.local }),
  };
}

/** The check of those ports of a range that the far end did not prove. */
export function restOf(check: Check, { left }: Proven): Check {
  return { ...check, ports: spansOf(left) };
}

/** Both parts of a range as one. */
export function joined(tokens: CheckSeen, rest: CheckSeen): CheckSeen {
  if (tokens.range === undefined || rest.range === undefined) return { ...rest, check: tokens.check };
  const errorQueue = tokens.errorQueue && rest.errorQueue;
  const { total, tested, groups } = tokens.range;
  const range: RangeSeen = {
    ...rest.range,
    total,
    tested: tested + rest.range.tested,
    groups: [...groups, ...rest.range.groups],
  };
  const verdict = verdictOfRange(range, errorQueue);
  return {
    ...rest,
    check: tokens.check,
    range,
    errorQueue,
    attempts: tokens.attempts + rest.attempts,
    durationMs: tokens.durationMs + rest.durationMs,
    ...(verdict !== undefined && { verdict }),
  };
}
