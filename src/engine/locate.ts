/** Names -> addresses, and whether there is a way there: every address of a host is a column of its own (rule 8). */
import type { Check } from "../model/check.ts";
import type { CheckSeen } from "../model/result.ts";
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
  const found = literal === undefined ? await resolve(host, context) : [literal];
  const { family } = context.options;
  const addresses = found.filter((address) => family === undefined || family === (address.includes(":") ? 6 : 4));
  // A look-up that was cut short found nothing either, but that says nothing of the name.
  if (context.signal.aborted) return nowhere(checks, interrupted);
  if (addresses.length === 0) return nowhere(checks, (check) => withoutAddress(check, found, family));
  const routes = await Promise.all(
    addresses.map(async (address) => ({ address, route: await net.route(address, checks[0]?.source) })),
  );
  const anyRoute = routes.some(({ route }) => route.source !== undefined);
  const reachable: Located[] = [];
  const unreachable: CheckSeen[] = [];
  for (const { address, route } of routes) {
    const located = checks.map((check): Check => ({ ...check, address }));
    if (route.source !== undefined) reachable.push({ address, route: route.source, checks: located });
    else
      unreachable.push(
        ...located.map((check) => (anyRoute ? otherFamily(check) : unasked(check, blank(check, "no-route")))),
      );
  }
  return { reachable, unreachable };
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
  return { ...seen, warnings: [`-${family} leaves out ${found.join(", ")}`] };
}

function nowhere(checks: readonly Check[], seenOf: (check: Check) => CheckSeen): Location {
  return { reachable: [], unreachable: checks.map((check) => unasked(check, seenOf(check))) };
}

/** A row that the plan already left out stays left out. */
function unasked(check: Check, seen: CheckSeen): CheckSeen {
  return check.skip === undefined ? seen : skipped(check, check.skip.why, check.skip.deliberate);
}

function otherFamily(check: Check): CheckSeen {
  const family = check.address?.includes(":") === true ? "IPv6" : "IPv4";
  return skipped(check, check.skip?.why ?? `this host has no ${family} route to ${check.address}`, true);
}
