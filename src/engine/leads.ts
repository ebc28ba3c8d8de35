/** Leads: endpoints that a reply announced, asked at the address that was asked, one step deep. */
import type { Check } from "../model/check.ts";
import { onePort } from "../model/ports.ts";
import type { Lead } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import type { AddressContext } from "./context.ts";
import { failed, interrupted } from "./seen.ts";
import { askSingle } from "./single.ts";

/** Of one reply, at most this many announced endpoints are asked. */
export const LEADS_MAX = 64;

/** The check with a warning when its reply announces more than is asked. */
export function withLeadLimit(seen: CheckSeen): CheckSeen {
  const announced = seen.reading?.leads?.length ?? 0;
  if (announced <= LEADS_MAX) return seen;
  return { ...seen, warnings: [...seen.warnings, `asked ${LEADS_MAX} of ${announced} announced endpoints`] };
}

/** Asks what the check's reply announced, its ports side by side. A lead has no leads of its own. */
export async function followLeads(
  { check, reading }: CheckSeen,
  context: AddressContext,
): Promise<readonly CheckSeen[]> {
  const ports = new Map<string, Lead[]>();
  for (const lead of (check.purpose === "row" ? (reading?.leads ?? []) : []).slice(0, LEADS_MAX)) {
    const key = `${lead.transport}/${lead.port}`;
    ports.set(key, [...(ports.get(key) ?? []), lead]);
  }
  const followed = await Promise.all([...ports.values()].map((leads) => followPort(check, leads, context)));
  return followed.flat();
}

/** The services behind one port. When it takes no connection for the first, what was seen holds for all of them. */
async function followPort(
  parent: Check,
  leads: readonly Lead[],
  context: AddressContext,
): Promise<readonly CheckSeen[]> {
  const followed: CheckSeen[] = [];
  for (const lead of leads) {
    const check = checkOfLead(parent, lead, new Set(followed.map((seen) => seen.check.id)));
    const before = followed.at(-1);
    const shut = before?.verdict?.state === "closed" || before?.verdict?.state === "filtered";
    const seen = before !== undefined && shut ? { ...before, check } : await followLead(check, context);
    context.onSeen(seen);
    followed.push(seen);
  }
  return followed;
}

async function followLead(check: Check, context: AddressContext): Promise<CheckSeen> {
  if (context.signal.aborted) return interrupted(check);
  try {
    const prober = await context.parts.prober(check.prober);
    if (prober.kind === "sweep") throw new TypeError(`${check.prober} cannot follow a lead`);
    return await context.limits.run(check, () => askSingle(check, prober, context));
  } catch (error) {
    return failed(check, error);
  }
}

/** An id that no other lead of the port has: the far end names the services, and may name two alike. */
function idOfLead(parent: Check, lead: Lead, taken: ReadonlySet<string>): string {
  const slug = lead.service.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-") || "unnamed";
  const id = `${parent.id}/${lead.transport}/${lead.port}/${slug}`;
  let free = id;
  for (let number = 2; taken.has(free); number++) free = `${id}-${number}`;
  return free;
}

function checkOfLead(parent: Check, lead: Lead, taken: ReadonlySet<string>): Check {
  const { skip: _skip, tls: _tls, sourcePort: _sourcePort, farEnd, ...rest } = parent;
  const { local, seenAs } = farEnd ?? {};
  return {
    ...rest,
    // What the far end told of the parent's port it did not tell of this one.
    ...(local !== undefined && seenAs !== undefined && { farEnd: { local, seenAs } }),
    id: idOfLead(parent, lead, taken),
    row: { ...parent.row, service: lead.service, required: false, note: lead.why },
    transport: lead.transport,
    ports: [onePort(lead.port)],
    portsText: `${lead.port}`,
    prober: lead.prober,
    params: lead.params,
    expect: "service",
    silence: "inconclusive",
    purpose: "lead",
    via: parent.id,
  };
}
