/**
 * What the hops say that answers had left (IPv4 time to live, IPv6 hop limit): a reset that took another way, or began
 * elsewhere, bears another number than what the host itself sends. Evidence, never certainty: a host may give its resets
 * a number of their own, and a firewall may copy the host's.
 */
import type { PortGroup } from "../model/observation.ts";
import { formatCount, formatPorts } from "../model/ports.ts";

/** A list of ports that is longer is not read. */
const LIST_MAX = 40;

/** Resets that bear another hop limit than the host's own answers. */
export interface StrangeResets {
  readonly ports: readonly number[];
  /** The sentence about all of them. */
  readonly text: string;
}

/** A sentence where resets bear another hop limit than the host's own answers. */
export function hopLimitWarning(groups: readonly PortGroup[], address = ""): string | undefined {
  return strangeResets(groups, address)?.text;
}

/** Undefined where none is strange, or nothing is known of the host's own. */
export function strangeResets(groups: readonly PortGroup[], address: string): StrangeResets | undefined {
  const resets = groups.filter(({ reason, hopLimit }) => reason === "conn-refused" && hopLimit !== undefined);
  const accepts = groups.filter(({ state, hopLimit }) => state === "open" && hopLimit !== undefined);
  const own = ownHopLimits(accepts, resets);
  const strange = resets.filter(({ hopLimit }) => !own.has(hopLimit!));
  if (own.size === 0 || strange.length === 0) return undefined;
  const ports = strange.flatMap((group) => group.ports);
  const word = address.includes(":") ? "hop limit" : "TTL";
  const what = `${whichOf(ports)} another ${word} (${limitsOf(strange)}) than`;
  const usual = [...own].join(", ");
  // Where no reset looks like an accept, the host itself may be so made.
  const text =
    strange.length === resets.length
      ? `all ${what} the accepted connections (${usual}): sent by a firewall on the way, or the host's own habit`
      : `${what} the host's own answers (${usual}): probably forged by a firewall on the way`;
  return { ports, text };
}

function whichOf(ports: readonly number[]): string {
  const list = formatPorts(ports);
  const which = list.length > LIST_MAX ? "" : ` (${list})`;
  return ports.length === 1 ? `1 reset${which} carries` : `${formatCount(ports.length)} resets${which} carry`;
}

/** What the accepts bear, which no firewall sends that refuses; without any, what most resets bear. */
function ownHopLimits(accepts: readonly PortGroup[], resets: readonly PortGroup[]): ReadonlySet<number> {
  if (accepts.length > 0) return new Set(accepts.map(({ hopLimit }) => hopLimit!));
  const most = resets.toSorted((a, b) => b.ports.length - a.ports.length)[0];
  const total = resets.reduce((sum, { ports }) => sum + ports.length, 0);
  return most !== undefined && most.ports.length > total / 2 ? new Set([most.hopLimit!]) : new Set();
}

function limitsOf(groups: readonly PortGroup[]): string {
  return [...new Set(groups.map(({ hopLimit }) => hopLimit!))].sort((a, b) => a - b).join(", ");
}
