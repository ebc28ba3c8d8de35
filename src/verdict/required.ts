/** Which results count, how they are tallied, and the exit code that follows (docs/verdicts.md). */
import type { Plan } from "../model/check.ts";
import type { CheckResult, RunExitCode, Tally } from "../model/result.ts";
import type { Outcome } from "../model/words.ts";

/** Sets `required` on every result. Members of a group are never required: the group is, once. */
export function markRequired(
  results: readonly CheckResult[],
  options: { readonly anyAddress: boolean; readonly strict: boolean },
): readonly CheckResult[] {
  const passedRows = new Set(results.filter((result) => result.outcome === "pass").map(rowKey));
  return results.map((result) => {
    const covered = options.anyAddress && result.outcome !== "pass" && passedRows.has(rowKey(result));
    if (result.check.purpose !== "row" || covered || result.check.row.group !== undefined) {
      return { ...result, required: false };
    }
    // A row that nobody requires still fails the run when the network itself said that it blocks it.
    return { ...result, required: result.check.row.required || options.strict || isProvenFiltered(result) };
  });
}

/** The same row on another address of the host. */
function rowKey(result: CheckResult): string {
  return `${result.check.row.profile} ${result.check.host} ${result.check.id}`;
}

/** An ICMP error said that some port of the row is filtered. */
function isProvenFiltered(result: CheckResult): boolean {
  if (result.outcome !== "fail" || result.verdict === undefined) return false;
  const reasons = result.range?.groups.map((group) => group.reason) ?? [result.verdict.reason];
  return reasons.some((reason) => PROVEN_BY_ICMP.has(reason)) && result.verdict.state !== "closed";
}

const PROVEN_BY_ICMP: ReadonlySet<string> = new Set([
  "admin-prohibited",
  "host-unreach",
  "net-unreach",
  "unreachable",
  "port-unreach",
]);

/**
 * The outcome of an any-of group: it passes when a member passes; else a member that the network provably blocks fails
 * it; else it is undecided when a member is; else it fails.
 */
export function outcomeOfGroup(members: readonly CheckResult[]): Outcome {
  const asked = members.filter((member) => member.skipped?.deliberate !== true);
  if (asked.length === 0) return "skipped";
  if (asked.some((member) => member.outcome === "pass")) return "pass";
  if (asked.some(isProvenFiltered)) return "fail";
  return asked.every((member) => member.outcome === "fail") ? "fail" : "inconclusive";
}

/** One thing that counts: a required row, or a group. */
interface Counted {
  readonly profile: string;
  readonly outcome: Outcome;
  /** Skipped because somebody asked for it; it moves nothing. */
  readonly deliberate: boolean;
}

function countedOf(results: readonly CheckResult[]): readonly Counted[] {
  return [
    ...results.filter((result) => result.required).map(countRow),
    ...[...groupsOf(results).values()].map(countGroup),
  ];
}

function groupsOf(results: readonly CheckResult[]): ReadonlyMap<string, readonly CheckResult[]> {
  const groups = new Map<string, CheckResult[]>();
  for (const result of results) {
    const key = groupKey(result);
    if (key === undefined || result.check.purpose !== "row") continue;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return groups;
}

/** An any-of group exists once in each profile and address. */
function groupKey(result: CheckResult): string | undefined {
  const { row, host, address } = result.check;
  return row.group === undefined ? undefined : `${row.profile} ${host} ${address ?? ""} ${row.group}`;
}

function countRow(result: CheckResult): Counted {
  return {
    profile: result.check.row.profile,
    outcome: result.outcome,
    deliberate: result.skipped?.deliberate === true,
  };
}

function countGroup(members: readonly CheckResult[]): Counted {
  const outcome = outcomeOfGroup(members);
  return { profile: members[0]!.check.row.profile, outcome, deliberate: outcome === "skipped" };
}

/** Required rows and groups, and apart from them what moves no exit code. Canaries and group members count in neither. */
export function talliesOf(results: readonly CheckResult[]): { readonly summary: Tally; readonly optional: Tally } {
  const apart = results.filter(
    (result) => !result.required && result.check.purpose !== "canary" && result.check.row.group === undefined,
  );
  return { summary: tally(countedOf(results)), optional: tally(apart) };
}

function tally(counted: readonly { readonly outcome: Outcome }[]): Tally {
  const sum = { pass: 0, fail: 0, inconclusive: 0, skipped: 0, error: 0, planned: 0 };
  for (const { outcome } of counted) sum[outcome]++;
  return sum;
}

/** 0: everything required passed, in every profile something did. 1: something failed. 3: undecided. */
export function exitCodeOf(plan: Plan, results: readonly CheckResult[]): Exclude<RunExitCode, 130> {
  const counted = countedOf(results);
  if (counted.some(({ outcome }) => outcome === "fail")) return 1;
  if (counted.some(isUndecided)) return 3;
  return plan.profiles.every(({ id }) => isSwitchedOff(id, results) || hasPass(id, results)) ? 0 : 3;
}

function isUndecided({ outcome, deliberate }: Counted): boolean {
  return outcome === "inconclusive" || outcome === "error" || (outcome === "skipped" && !deliberate);
}

function isSwitchedOff(profile: string, results: readonly CheckResult[]): boolean {
  return rowsOf(profile, results).every((result) => result.skipped?.deliberate === true);
}

function hasPass(profile: string, results: readonly CheckResult[]): boolean {
  return rowsOf(profile, results).some((result) => result.outcome === "pass");
}

function rowsOf(profile: string, results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter((result) => result.check.row.profile === profile && result.check.purpose === "row");
}
