/**
 * All checks of one target address, in the order that the ICMP budget wants: single ports and canaries first, then
 * again those single UDP ports whose silence may be a withheld ICMP error, then the ranges, one at a time.
 */
import type { Check } from "../model/check.ts";
import { onePort } from "../model/ports.ts";
import type { Lead, Prober } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import type { AddressContext } from "./context.ts";
import { askRange } from "./range.ts";
import { interrupted, skipped } from "./seen.ts";
import { askSingle } from "./single.ts";

/** Of one reply, at most this many announced endpoints are asked. */
export const LEADS_MAX = 64;

/** Asks everything and gives one entry for each check, leads included. */
export async function askAddress(checks: readonly Check[], context: AddressContext): Promise<readonly CheckSeen[]> {
  const sweeps: { readonly check: Check; readonly prober: Prober & { kind: "sweep" } }[] = [];
  const singles: Promise<readonly CheckSeen[]>[] = [];
  for (const check of checks) {
    const prober = await context.parts.prober(check.prober);
    if (check.skip !== undefined) singles.push(report(context, skipped(check, check.skip.why, check.skip.deliberate)));
    else if (prober.kind !== "sweep") singles.push(askWithLeads(check, prober, context));
    else if (check.purpose !== "canary") sweeps.push({ check, prober });
    else
      singles.push(
        context.limits.run(check, () => askRange(check, prober, context)).then((seen) => report(context, seen)),
      );
  }
  const asked = (await Promise.all(singles)).flat();
  const seen = await askSilentAgain(asked, context);
  for (const { check, prober } of sweeps) {
    const swept = await context.limits.run(check, () => askRange(check, prober, context));
    seen.push(...(await report(context, swept)));
  }
  return seen;
}

async function report(context: AddressContext, seen: CheckSeen): Promise<readonly CheckSeen[]> {
  context.onSeen(seen);
  return [seen];
}

type SingleProber = Exclude<Prober, { kind: "sweep" }>;

/** A check, and at once those that its reply announces: same address, one step deep. */
async function askWithLeads(
  check: Check,
  prober: SingleProber,
  context: AddressContext,
): Promise<readonly CheckSeen[]> {
  const seen = withLeadLimit(await context.limits.run(check, () => askSingle(check, prober, context)));
  noteBudget(seen, context);
  if (seen.reading?.learned !== undefined) context.facts.learn(seen.reading.learned);
  if (!mayBeWithheld(seen, context)) context.onSeen(seen);
  const leads = check.purpose === "row" ? (seen.reading?.leads ?? []) : [];
  const followed = await Promise.all(leads.slice(0, LEADS_MAX).map((lead) => followLead(check, lead, context)));
  return [seen, ...followed];
}

function withLeadLimit(seen: CheckSeen): CheckSeen {
  const announced = seen.reading?.leads?.length ?? 0;
  if (announced <= LEADS_MAX) return seen;
  return { ...seen, warnings: [...seen.warnings, `asked ${LEADS_MAX} of ${announced} announced endpoints`] };
}

async function followLead(parent: Check, lead: Lead, context: AddressContext): Promise<CheckSeen> {
  const check = checkOfLead(parent, lead);
  if (context.signal.aborted) return interrupted(check);
  const prober = await context.parts.prober(lead.prober);
  if (prober.kind === "sweep") throw new TypeError(`${lead.prober} cannot follow a lead`);
  const seen = await context.limits.run(check, () => askSingle(check, prober, context));
  context.onSeen(seen);
  return seen;
}

function checkOfLead(parent: Check, lead: Lead): Check {
  const { skip: _skip, tls: _tls, sourcePort: _sourcePort, ...rest } = parent;
  const slug = lead.service.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return {
    ...rest,
    id: `${parent.id}/${lead.transport}/${lead.port}/${slug}`,
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

function noteBudget(seen: CheckSeen, context: AddressContext): void {
  const { verdict, check } = seen;
  const byIcmp =
    verdict?.offender !== undefined || verdict?.reason === "unreachable" || verdict?.reason === "port-unreach";
  if (check.transport === "udp" && byIcmp) context.budget.note(context.parts.world.monotonicMs());
}

/** UDP silence at a time when the target may have had no ICMP error left to send. */
function mayBeWithheld(seen: CheckSeen, context: AddressContext): boolean {
  const silent = seen.check.transport === "udp" && seen.verdict?.state === "open|filtered";
  return silent && context.budget.mayBeSpent(context.parts.world.monotonicMs());
}

/** Asks those ports once more, each when the target can answer again. */
async function askSilentAgain(asked: readonly CheckSeen[], context: AddressContext): Promise<CheckSeen[]> {
  const { world } = context.parts;
  const settled: CheckSeen[] = [];
  for (const seen of asked) {
    if (!mayBeWithheld(seen, context) || context.signal.aborted) {
      settled.push(seen);
      continue;
    }
    const prober = await context.parts.prober(seen.check.prober);
    await world.sleep(context.budget.refillMs(world.monotonicMs()), context.signal);
    const again = await context.limits.run(seen.check, () => askSingle(seen.check, prober as SingleProber, context));
    const better = again.verdict === undefined || again.skipped !== undefined ? seen : again;
    noteBudget(better, context);
    context.onSeen(better);
    settled.push(better);
  }
  context.budget.forgive();
  return settled;
}
