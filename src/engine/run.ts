/**
 * Plan -> RunReport. The engine knows no protocol, opens no socket and reads no clock of its own: all of that is handed
 * in as parts. It owns order, limits, deadlines, retries and cancellation.
 */
import type { Check, Plan } from "../model/check.ts";
import type { Parts } from "../model/parts.ts";
import type { CheckResult, CheckSeen, RunReport } from "../model/result.ts";
import { settle } from "../verdict/settle.ts";
import type { RunContext, RunOptions, SweepProgress } from "./context.ts";
import { Facts } from "./facts.ts";
import { askFarEnd } from "./far-end.ts";
import { TargetBudgets } from "./icmp-budget.ts";
import { locate } from "./locate.ts";
import { Politeness } from "./politeness.ts";
import { SecretTurns } from "./secret-turns.ts";
import { askOnce } from "./twins.ts";

export interface RunEvents {
  /** A check ended; `seen` has no outcome yet. For progress. */
  readonly onSeen?: (seen: CheckSeen) => void;
  /** A range is being swept. For progress. */
  readonly onSweep?: (progress: SweepProgress) => void;
  /** A result that nothing still running can change. Each result comes exactly once. */
  readonly onResult?: (result: CheckResult) => void;
}

/** Where the run is made from, as the report says it. */
export type RunSource = RunReport["source"];

/**
 * Runs the plan. Resolves also when the signal aborts: with what is known by then, and exit code 130. Never throws for
 * what a peer or a network does. `politeness` is given where other runs ask the same hosts.
 */
export async function run(
  plan: Plan,
  parts: Parts,
  options: RunOptions,
  source: RunSource,
  signal: AbortSignal,
  events: RunEvents = {},
  politeness = new Politeness([plan], options.concurrency),
): Promise<RunReport> {
  const startedAtMs = parts.world.wallMs();
  const startedMs = parts.world.monotonicMs();
  const { anyAddress, strict } = options;
  const settleOptions = { anyAddress, strict, wallMs: startedAtMs, interrupted: false };
  const early = new Set<CheckSeen>();
  const context: RunContext = {
    parts,
    options,
    signal,
    startedMs,
    limits: politeness.limits,
    sweepsAtOnce: politeness.sweepsAtOnce,
    secrets: new SecretTurns(parts.world, parts.ledger, politeness.secretLines),
    budgetOf: (address) => politeness.budgetOf(address, parts.world.monotonicMs()),
    onSweep: (progress) => events.onSweep?.(progress),
    onSeen: (seen) => {
      events.onSeen?.(seen);
      if (!isFinalAlone(seen)) return;
      early.add(seen);
      for (const result of settle(plan, [seen], settleOptions).results) events.onResult?.(result);
    },
  };
  const hosts = groupByHost(plan.checks);
  const seen = await Promise.all(
    [...hosts].map(async ([host, checks]) => {
      const ofHost = await askHost(host, checks, context, options.ratePerS / hosts.size);
      const { results } = settle(plan, ofHost, settleOptions);
      for (const [at, result] of results.entries()) if (!early.has(ofHost[at]!)) events.onResult?.(result);
      return ofHost;
    }),
  );
  return {
    plan,
    startedAtMs,
    source,
    durationMs: parts.world.monotonicMs() - startedMs,
    ...settle(plan, seen.flat(), { ...settleOptions, interrupted: signal.aborted }),
  };
}

/** The service itself answered what its row asked: no other result changes that. */
function isFinalAlone({ check, reading }: CheckSeen): boolean {
  const answered = reading?.service === "confirmed" || reading?.service === "refused";
  return answered && check.expect === "service" && check.row.group === undefined;
}

function groupByHost(checks: readonly Check[]): ReadonlyMap<string, readonly Check[]> {
  const hosts = new Map<string, Check[]>();
  for (const check of checks) hosts.set(check.host, [...(hosts.get(check.host) ?? []), check]);
  return hosts;
}

async function askHost(
  host: string,
  checks: readonly Check[],
  context: RunContext,
  ratePerS: number,
): Promise<readonly CheckSeen[]> {
  const { reachable, unreachable } = await locate(host, checks, context);
  for (const seen of unreachable) context.onSeen(seen);
  const asked = await Promise.all(
    reachable.map(async (located) => {
      const farEnd = await askFarEnd(located, context, ratePerS / reachable.length);
      return askOnce(farEnd.checks, {
        ...context,
        facts: new Facts(),
        budget: new TargetBudgets(located.address, context.budgetOf, context.startedMs),
        route: located.route,
        proven: farEnd.proven,
      });
    }),
  );
  return [...asked.flat(), ...unreachable];
}
