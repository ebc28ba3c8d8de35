/** Names -> addresses, and whether there is a way there: every address of a host is a column of its own (rule 8). */
import type { Check } from "../model/check.ts";
import type { CheckSeen } from "../model/result.ts";
import type { Reason } from "../model/words.ts";
import { reasonOfErrno } from "../verdict/state.ts";
import type { RunContext } from "./context.ts";
import { withDeadline } from "./deadline.ts";
import { blank, interrupted, skipped } from "./seen.ts";

/** The system's resolver tries for long; a name without an answer by then has none for this run. */
const RESOLVE_TIMEOUT_MS = 10_000;

/** One target address with its checks. */
export interface Located {
  readonly address: string;
  /** Our own address on the way there. */
  readonly route: string;
  readonly checks: readonly Check[];
}

export interface Location {
  readonly reachable: readonly Located[];
  /** Checks that cannot be sent: no address, or no route to it. */
  readonly unreachable: readonly CheckSeen[];
}

/** Resolves the host of these checks once and looks up a route to each of its addresses. Sends no packet to them. */
export async function locate(host: string, checks: readonly Check[], context: RunContext): Promise<Location> {
  const { net } = context.parts;
  const literal = checks[0]?.address;
  const found = literal === undefined ? await context.limits.lookUp(() => resolve(host, context)) : [literal];
  const { family } = context.options;
  const addresses = found.filter(
    (address) => isOneMachine(address) && (family ?? familyOf(address)) === familyOf(address),
  );
  // A look-up that was cut short found nothing either, but that says nothing of the name.
  if (context.signal.aborted) return nowhere(checks, interrupted);
  if (addresses.length === 0) return nowhere(checks, (check) => withoutAddress(check, found, family));
  const routes = await Promise.all(
    addresses.map(async (address) => ({
      address,
      route: await context.limits.lookUp(() => net.route(address, checks[0]?.source)),
    })),
  );
  const families = new Set(
    routes.filter(({ route }) => route.source !== undefined).map(({ address }) => familyOf(address)),
  );
  const reachable: Located[] = [];
  const unreachable: CheckSeen[] = [];
  for (const { address, route } of routes) {
    // A spread would give each of many thousand checks a shape of its own: see report/run-document.ts.
    const located = checks.map((check): Check => Object.assign({}, check, { address }));
    if (route.source !== undefined) reachable.push({ address, route: route.source, checks: located });
    else {
      const reason = reasonWithoutRoute(route.code ?? "", address);
      const otherFamily = reason === "no-route" && families.size > 0 && !families.has(familyOf(address));
      unreachable.push(
        ...located.map((check) => (otherFamily ? familyLeftOut(check) : unasked(check, blank(check, reason)))),
      );
    }
  }
  return { reachable, unreachable };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** A name may resolve to an address that is no machine's: a sinkhole's, or a group's. */
function isOneMachine(address: string): boolean {
  return !/^(?:0\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::$|ff[0-9a-f]{2}:)/i.test(address);
}

/** What the routing table said, or that our own side could not even ask it. */
export function reasonWithoutRoute(code: string, address: string): Reason {
  const reason = reasonOfErrno(code, "udp", address);
  return reason === "no-resources" || reason === "local-egress-blocked" ? reason : "no-route";
}

async function resolve(host: string, context: RunContext): Promise<readonly string[]> {
  const { net, world } = context.parts;
  const found = await withDeadline(world, RESOLVE_TIMEOUT_MS, context.signal, (over) => net.resolve(host, over));
  return [...new Set(found)];
}

/** No address to ask; where -4 or -6 left some out, that is said. */
function withoutAddress(check: Check, found: readonly string[], family: 4 | 6 | undefined): CheckSeen {
  const seen = blank(check, "name-not-found");
  if (found.length === 0) return seen;
  const unusable = found.filter((address) => !isOneMachine(address));
  const why =
    unusable.length > 0
      ? `${unusable.join(", ")} is no machine's address`
      : `-${family} leaves out ${found.join(", ")}`;
  return { ...seen, warnings: [why] };
}

function nowhere(checks: readonly Check[], seenOf: (check: Check) => CheckSeen): Location {
  return { reachable: [], unreachable: checks.map((check) => unasked(check, seenOf(check))) };
}

/** A row that the plan already left out stays left out. */
function unasked(check: Check, seen: CheckSeen): CheckSeen {
  return check.skip === undefined ? seen : skipped(check, check.skip.why, check.skip.deliberate);
}

function familyLeftOut(check: Check): CheckSeen {
  const family = check.address?.includes(":") === true ? "IPv6" : "IPv4";
  return skipped(check, check.skip?.why ?? `this host has no ${family} route to ${check.address}`, true);
}
