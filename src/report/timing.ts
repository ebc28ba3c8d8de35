/** What the times of a check's observations say: the round trip, and whether the first try sufficed. */
import type { CheckSeen } from "../model/result.ts";

/**
 * The round-trip time in milliseconds, to a tenth: from the last send before the reply to the reply; over TCP, where the
 * accept is the answer, from the start of the connection to its handshake. Undefined where nothing answered.
 */
export function rttMs({ observations, verdict }: CheckSeen): number | undefined {
  const replied = observations.findLast((seen) => seen.repliedMs !== undefined);
  if (replied?.repliedMs !== undefined) {
    const repliedMs = replied.repliedMs;
    const sentMs = replied.sentMs.findLast((at) => at <= repliedMs);
    if (sentMs !== undefined) return toTenths(repliedMs - sentMs);
  }
  if (verdict?.reason === "no-response") return undefined;
  const connected = replied ?? observations.findLast((seen) => seen.connectedMs !== undefined);
  return connected?.connectedMs === undefined ? undefined : toTenths(connected.connectedMs - connected.startedMs);
}

function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/**
 * Whether the first send of the first attempt decided the check: nothing had to be repeated, and what was awaited came.
 * A silence is never decided by one try. What the system resends on its own (SYN) is not seen.
 */
export function firstTryDecided({ attempts, observations, check, range, verdict }: CheckSeen): boolean {
  if (verdict?.reason === "no-response") return false;
  if (range !== undefined) return attempts <= range.tested;
  if (attempts !== 1) return false;
  const last = observations.at(-1);
  if (check.transport === "tcp" || last === undefined) return true;
  const decidedMs = last.repliedMs ?? last.endedMs;
  return last.sentMs.filter((at) => at <= decidedMs).length <= 1;
}
