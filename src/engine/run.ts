/**
 * Plan -> RunReport. The engine knows no protocol, opens no socket and reads no clock of its own: all of that is handed
 * in as parts. It owns order, limits, deadlines, retries and cancellation.
 */
import type { Check, Plan } from "../model/check.ts";
import type { Parts } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import type { CheckResult, CheckSeen, RunReport } from "../model/result.ts";
import { settleHost, settleRun } from "../verdict/settle.ts";
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
      for (const result of settleHost([seen], settleOptions).results) events.onResult?.(result);
    },
  };
  const hosts = groupByHost(plan.checks);
  const settled = await eachInTurn([...hosts], parts.world, signal, async ([host, checks]) => {
    const ofHost = await askHost(host, checks, context, options.ratePerS / hosts.size);
    const settledHost = settleHost(ofHost, settleOptions);
    for (const [at, result] of settledHost.results.entries()) if (!early.has(ofHost[at]!)) events.onResult?.(result);
    return settledHost;
  });
  return {
    plan,
    startedAtMs,
    source,
    durationMs: parts.world.monotonicMs() - startedMs,
    ...settleRun(plan, settled, { ...settleOptions, interrupted: signal.aborted }),
  };
}

/** So many hosts begin at once; a thousand would hold the event loop for seconds. */
const HOSTS_AT_ONCE = 8;
/** Those behind them begin one after the other, so far apart. */
const APART_MS = 5;
/** When the wait takes so much longer the loop is busy; a machine that always is does not hold us up for ever. */
const BUSY_MS = 5;
const BUSY_TURNS_MAX = 4;

/** Begins with all of them, the first at once and the others when the event loop is free, and waits for all. */
function eachInTurn<T, R>(
  all: readonly T[],
  world: World,
  signal: AbortSignal,
  task: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  let turn = Promise.resolve();
  return Promise.all(
    all.map((one, at) => {
      if (at < HOSTS_AT_ONCE) return task(one);
      turn = turn.then(() => untilFree(world, signal));
      return turn.then(() => task(one));
    }),
  );
}

async function untilFree(world: World, signal: AbortSignal): Promise<void> {
  for (let turns = 0; turns < BUSY_TURNS_MAX; turns++) {
    const beforeMs = world.monotonicMs();
    await world.sleep(APART_MS, signal);
    if (world.monotonicMs() - beforeMs < APART_MS + BUSY_MS) return;
  }
}

/** The service itself answered what its row asked: no other result changes that. */
function isFinalAlone({ check, reading }: CheckSeen): boolean {
  const answered = reading?.service === "confirmed" || reading?.service === "refused";
  return answered && check.expect === "service" && check.row.group === undefined;
}

function groupByHost(checks: readonly Check[]): ReadonlyMap<string, readonly Check[]> {
  const hosts = new Map<string, Check[]>();
  for (const check of checks) {
    const own = hosts.get(check.host);
    if (own === undefined) hosts.set(check.host, [check]);
    else own.push(check);
  }
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
      // One session at a time with the responder of an address, under however many names it is asked.
      const turn = [`far end ${located.address}`];
      const prove = () => askFarEnd(located, context, ratePerS / reachable.length);
      const farEnd = await context.limits.inTurn(turn, prove);
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
