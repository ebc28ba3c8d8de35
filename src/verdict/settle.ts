/**
 * All results of a run -> outcomes, what is required, findings and the exit code. Everything that one check alone
 * cannot know is settled here: the lying-network guard, controls, any-of groups, covered addresses.
 */
import type { Plan } from "../model/check.ts";
import type { CheckResult, CheckSeen, Finding, RunExitCode, Tally, Verdict } from "../model/result.ts";
import { tlsFaults } from "./certificate.ts";
import { detailOf, warningsOf } from "./detail.ts";
import { farEndFindings } from "./far-end-words.ts";
import { addressKey, announcementFindings, withCrossReferences } from "./findings.ts";
import { lyingAddresses, withoutLies } from "./lying.ts";
import { type Controls, type Judgement, outcomeOf, worstOf } from "./outcome.ts";
import { verdictOfGroup } from "./range.ts";
import { exitCodeOf, markRequired, talliesOf, withoutCoveredGroups } from "./required.ts";

export interface SettleOptions {
  /** An address whose row another address of the host passed is not required. */
  readonly anyAddress: boolean;
  /** Rows that say `required: false` are required too. */
  readonly strict: boolean;
  /** When the run began, in milliseconds since 1970-01-01 UTC: certificates are judged by it. */
  readonly wallMs: number;
  /** The user stopped the run. */
  readonly interrupted: boolean;
}

export interface Settled {
  readonly results: readonly CheckResult[];
  readonly findings: readonly Finding[];
  readonly summary: Tally;
  readonly optional: Tally;
  readonly exitCode: RunExitCode;
}

/** What is settled of one host: nothing that is seen of another changes it. */
export type SettledHost = Pick<Settled, "results" | "findings">;

/** Settles a run. The results keep the order of `seen`. */
export function settle(plan: Plan, seen: readonly CheckSeen[], options: SettleOptions): Settled {
  return settleRun(plan, [settleHost(seen, options)], options);
}

/** Settles what was seen of one host, in its order. */
export function settleHost(seen: readonly CheckSeen[], options: SettleOptions): SettledHost {
  const liars = lyingAddresses(seen);
  const doubtful = withoutLies(seen, liars);
  const controls = controlsByAddress(doubtful);
  const judged = doubtful.map((one) =>
    withOutcome(one, controls.get(addressKey(one.check)) ?? NO_CONTROLS, options.wallMs),
  );
  const results = withCrossReferences(markRequired(judged, options));
  return {
    results,
    findings: [...liarFindings(seen, liars), ...announcementFindings(results), ...farEndFindings(seen)],
  };
}

/** The run as a whole, of hosts that are settled. */
export function settleRun(plan: Plan, hosts: readonly SettledHost[], options: SettleOptions): Settled {
  const results = hosts.flatMap((host) => host.results);
  const counted = options.anyAddress ? withoutCoveredGroups(results) : results;
  return {
    results,
    findings: hosts.flatMap((host) => host.findings),
    ...talliesOf(counted),
    exitCode: options.interrupted ? 130 : exitCodeOf(plan, counted),
  };
}

const NO_CONTROLS: Controls = { refused: false, reached: false };

function controlsByAddress(seen: readonly CheckSeen[]): ReadonlyMap<string, Controls> {
  const controls = new Map<string, Controls>();
  for (const one of seen) {
    const key = addressKey(one.check);
    const before = controls.get(key) ?? NO_CONTROLS;
    const verdicts = verdictsOf(one).filter((verdict) => verdict.doubted !== true);
    controls.set(key, {
      refused: before.refused || verdicts.some(({ state, reason }) => state === "closed" && reason === "conn-refused"),
      reached: before.reached || verdicts.some(isReached),
    });
  }
  return controls;
}

/** An accept that something on the way may have given. */
const NOT_THE_HOST: ReadonlySet<string> = new Set([
  "accept-unreliable",
  "answered-by-intermediary",
  "rst-after-accept",
]);

function isReached(verdict: Verdict): boolean {
  if (NOT_THE_HOST.has(verdict.reason)) return false;
  return verdict.state === "open" || verdict.state === "closed";
}

/** One verdict, or for a range one for each group of ports. */
function verdictsOf(one: CheckSeen): readonly Verdict[] {
  if (one.verdict === undefined) return [];
  if (one.range === undefined) return [one.verdict];
  return one.range.groups.map((group) => verdictOfGroup(group, one.errorQueue));
}

function withOutcome(one: CheckSeen, controls: Controls, wallMs: number): CheckResult {
  const outcome = judgementOf(one, controls) ?? "skipped";
  const warnings = [...one.warnings, ...(one.check.row.warnings ?? []), ...warningsOf(one)];
  const result: CheckResult = {
    ...one,
    warnings,
    outcome,
    required: one.check.row.required,
    detail: detailOf(one, outcome),
  };
  const faults = tlsFaults(one, wallMs);
  if (faults.length === 0) return isStrictUnseen(result) ? undecided(result) : result;
  // A path or an accept says nothing about the service, and so nothing about its certificate.
  if (one.check.tls?.strict !== true || one.check.expect !== "service") {
    return { ...result, warnings: [...warnings, ...faults] };
  }
  return { ...result, outcome: "fail", detail: `strict TLS: ${faults.join("; ")}; ${result.detail}` };
}

/** A peer that wants a certificate of ours may end TLS 1.2 before its own was verified: nothing is known of that. */
function isStrictUnseen({ check, outcome, observations }: CheckResult): boolean {
  const strict = check.tls?.strict === true && check.expect === "service";
  return strict && outcome === "pass" && observations.every(({ tls }) => tls?.version === undefined);
}

function undecided(result: CheckResult): CheckResult {
  return { ...result, outcome: "inconclusive", detail: `strict TLS: the certificate was not seen; ${result.detail}` };
}

function judgementOf(one: CheckSeen, controls: Controls): Judgement | undefined {
  const verdicts = verdictsOf(one);
  if (one.skipped !== undefined || verdicts.length === 0) return undefined;
  const judgements = verdicts.map((verdict) => outcomeOf(verdict, one.check, controls));
  return worstOf(isCutShort(one) ? [...judgements, "inconclusive"] : judgements);
}

/** A sweep that its deadline ended: the ports that were not asked are no pass, and no sample that was meant. */
function isCutShort({ range }: CheckSeen): boolean {
  return range !== undefined && range.tested < range.total && range.confidence === undefined;
}

function liarFindings(seen: readonly CheckSeen[], liars: ReadonlySet<string>): readonly Finding[] {
  return seen
    .filter(({ check }) => check.purpose === "canary" && liars.has(addressKey(check)))
    .map(({ check }) => ({
      check: check.id,
      host: check.host,
      text:
        `${check.address ?? check.host} accepts TCP connections on ports that no row lists (${check.portsText}): ` +
        "something on the way accepts for it, so a bare accept proves nothing here",
    }));
}
