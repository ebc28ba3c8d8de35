/**
 * All checks of one target address, in the order that the ICMP budget wants: single ports and canaries first, then
 * again those single UDP ports whose silence may be a withheld ICMP error, then the ranges, one at a time per transport.
 */
import type { Check, Skip } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";
import type { Prober } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import { TRANSPORTS } from "../model/words.ts";
import { WHY_MIRRORED, whyNothingCame } from "../verdict/far-end-words.ts";
import type { AddressContext } from "./context.ts";
import { followLeads, withLeadLimit } from "./leads.ts";
import { joined, type Proven, restOf, seenByTokens } from "./proven.ts";
import { askRange } from "./range.ts";
import { withResetOrigin } from "./reset-origin.ts";
import { skipped } from "./seen.ts";
import { askSingle } from "./single.ts";

/** Asks everything and gives one entry for each check, leads included. */
export async function askAddress(checks: readonly Check[], context: AddressContext): Promise<readonly CheckSeen[]> {
  const sweeps: Range[] = [];
  const singles: Promise<readonly CheckSeen[]>[] = [];
  const silent = new Set<CheckSeen>();
  for (const check of checks) {
    const prober = await context.parts.prober(check.prober);
    const proven = context.proven.get(check);
    const skip = skipOf(check, prober, proven);
    if (skip !== undefined) singles.push(report(context, skipped(check, skip.why, skip.deliberate)));
    else if (proven !== undefined && isEnough(check, proven))
      singles.push(report(context, seenByTokens(check, proven, context.signal)));
    else if (prober.kind !== "sweep") singles.push(askWithLeads(check, prober, silent, context));
    else if (check.purpose !== "canary") sweeps.push({ check, prober, proven });
    else
      singles.push(
        context.limits.run(check, () => askRange(check, prober, context)).then((seen) => report(context, seen)),
      );
  }
  const asked = (await Promise.all(singles)).flat();
  const seen = await withResetOrigin(await askSilentAgain(asked, silent, context), context);
  const swept = await Promise.all(
    TRANSPORTS.map((over) =>
      sweepInTurn(
        sweeps.filter(({ check }) => check.transport === over),
        context,
      ),
    ),
  );
  return [...seen, ...swept.flat()];
}

/** Why a check is not asked. What could disturb somebody else's traffic may be asked where a far end holds its ports. */
function skipOf(check: Check, prober: Prober, proven: Proven | undefined): Skip | undefined {
  const isProven = proven !== undefined && proven.groups.length > 0;
  const lifted = check.skip?.unlessProven === true && isProven;
  const skip = (lifted ? undefined : check.skip) ?? withoutIpv6(check, prober);
  if (skip !== undefined || isProven) return skip;
  if (check.direction === "out")
    return proven?.left.length === 0 ? { why: WHY_MIRRORED, deliberate: false } : undefined;
  // No prober can ask for what has to come in.
  return { why: whyNothingCame(check), deliberate: false };
}

/** Whether nothing is left to ask beside what the far end proved, or nothing that may be asked. */
function isEnough({ skip, direction }: Check, { groups, left }: Proven): boolean {
  return groups.length > 0 && (left.length === 0 || skip !== undefined || direction === "in");
}

/** A row at an address where its protocol cannot be: no fault of the network. */
function withoutIpv6(check: Check, prober: Prober): Skip | undefined {
  if (prober.ipv4Only !== true || check.address?.includes(":") !== true) return undefined;
  return { why: "the protocol exists over IPv4 only", deliberate: true };
}

interface Range {
  readonly check: Check;
  readonly prober: Prober & { kind: "sweep" };
  readonly proven: Proven | undefined;
}

/** Ranges over one transport, one at a time: two at once would spend one budget twice. */
async function sweepInTurn(ranges: readonly Range[], context: AddressContext): Promise<readonly CheckSeen[]> {
  const swept: CheckSeen[] = [];
  for (const range of ranges) {
    const { check } = range;
    const senders = check.transport === "udp" ? context.budget.senders : [];
    const ask = () => context.limits.run(check, () => askUnproven(range, context));
    const seen = await context.limits.inTurn(senders, ask);
    swept.push(...(await report(context, seen)));
  }
  return swept;
}

/** Asks the ports of a range that no far end proved. */
async function askUnproven({ check, prober, proven }: Range, context: AddressContext): Promise<CheckSeen> {
  if (proven === undefined || proven.left.length === countPorts(check.ports)) return askRange(check, prober, context);
  const onSweep: AddressContext["onSweep"] = (progress) => context.onSweep({ ...progress, check });
  const rest = await askRange(restOf(check, proven), prober, { ...context, onSweep });
  return joined(seenByTokens(check, proven, context.signal), rest);
}

async function report(context: AddressContext, seen: CheckSeen): Promise<readonly CheckSeen[]> {
  context.onSeen(seen);
  return [seen];
}

type SingleProber = Exclude<Prober, { kind: "sweep" }>;

/** A check, and at once those that its reply announces. A silence over UDP is added to `silent`. */
async function askWithLeads(
  check: Check,
  prober: SingleProber,
  silent: Set<CheckSeen>,
  context: AddressContext,
): Promise<readonly CheckSeen[]> {
  const seen = withLeadLimit(await context.limits.run(check, () => askSingle(check, prober, context)));
  noteBudget(seen, context);
  if (seen.reading?.learned !== undefined) context.facts.learn(seen.reading.learned);
  if (isUdpSilence(seen)) silent.add(seen);
  else context.onSeen(seen);
  return [seen, ...(await followLeads(seen, context))];
}

/** A router's errors are limited over both transports; those of the target itself are over UDP. */
function noteBudget({ verdict, check }: CheckSeen, { budget, parts }: AddressContext): void {
  const byIcmp =
    verdict?.offender !== undefined ||
    (check.transport === "udp" && (verdict?.reason === "unreachable" || verdict?.reason === "port-unreach"));
  if (byIcmp) budget.note(parts.world.monotonicMs(), verdict?.offender);
}

function isUdpSilence({ check, verdict }: CheckSeen): boolean {
  return check.transport === "udp" && verdict?.state === "open|filtered";
}

/**
 * Asks the silent ones once more, each when the target can answer again, if the target may have had no ICMP error left
 * for one of them. That is known only when all have ended.
 */
async function askSilentAgain(
  asked: readonly CheckSeen[],
  silent: ReadonlySet<CheckSeen>,
  context: AddressContext,
): Promise<readonly CheckSeen[]> {
  const settled: CheckSeen[] = [];
  for (const seen of asked) {
    if (!silent.has(seen)) {
      settled.push(seen);
      continue;
    }
    const again = context.budget.mayBeSpent && !context.signal.aborted;
    const better = again ? await askAgain(seen, context) : seen;
    context.onSeen(better);
    settled.push(better);
  }
  return settled;
}

/** What is seen the second time, or what was seen the first time where there is no second. */
async function askAgain(seen: CheckSeen, context: AddressContext): Promise<CheckSeen> {
  const { world } = context.parts;
  const prober = await context.parts.prober(seen.check.prober);
  await world.sleep(context.budget.refillMs(world.monotonicMs()), context.signal);
  const again = await context.limits.run(seen.check, () =>
    askSingle(seen.check, prober as SingleProber, context, "again"),
  );
  if (again.verdict === undefined || again.skipped !== undefined) return seen;
  noteBudget(again, context);
  return again;
}
