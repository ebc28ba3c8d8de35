/** A silence is the target's only as long as there is a way to it: an interface of ours may go down in the middle. */
import type { CheckSeen } from "../model/result.ts";
import type { Reason, State } from "../model/words.ts";
import { verdictOfRange } from "../verdict/range.ts";
import type { AddressContext } from "./context.ts";
import { reasonWithoutRoute } from "./locate.ts";

const OURS: { readonly state: State; readonly reason: Reason } = { state: "unknown", reason: "no-route" };

/** What was seen; where something was silent and the routing table knows no way any more, that is our own side's. */
export async function unlessWayLost(seen: CheckSeen, { parts }: AddressContext): Promise<CheckSeen> {
  const { check, range, errorQueue } = seen;
  if (!hasSilence(seen)) return seen;
  const { code } = await parts.net.route(check.address!, check.source);
  if (code === undefined || reasonWithoutRoute(code, check.address!) !== "no-route") return seen;
  if (range === undefined) return { ...seen, verdict: { ...OURS, service: "unchecked" } };
  const groups = range.groups.map((group) => (group.reason === "no-response" ? { ...group, ...OURS } : group));
  const told = { ...range, groups };
  const verdict = verdictOfRange(told, errorQueue);
  return { ...seen, range: told, ...(verdict !== undefined && { verdict }) };
}

function hasSilence({ verdict, range }: CheckSeen): boolean {
  if (range === undefined) return verdict?.reason === "no-response";
  return range.groups.some((group) => group.reason === "no-response");
}
