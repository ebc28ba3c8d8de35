/** Which results count, how they are tallied, and the exit code that follows (docs/verdicts.md). */
import type { Plan } from "../model/check.ts";
import type { CheckResult, RunExitCode, Tally } from "../model/result.ts";
import type { Outcome } from "../model/words.ts";
import { isProven } from "./proof.ts";

/** Sets `required` on every result. Members of a group are never required: the group is, once. */
export function markRequired(
  results: readonly CheckResult[],
  options: { readonly anyAddress: boolean; readonly strict: boolean },
): readonly CheckResult[] {
  const passedRows = new Set(results.filter((result) => result.outcome === "pass").map(rowKey));
  return results.map((result) => {
    const covered = options.anyAddress && result.outcome !== "pass" && passedRows.has(rowKey(result));
    const off = result.skipped?.deliberate === true;
    if (result.check.purpose !== "row" || off || covered || result.check.row.group !== undefined) {
      return { ...result, required: false };
    }
    // A row that nobody requires still fails the run when the network itself said that it blocks it.
    const { required, requiredIfProven } = result.check.row;
    const proven = requiredIfProven === true && isProven(result);
    return { ...result, required: required || options.strict || proven || isProvenFiltered(result) };
  });
}

/** The same row on another address of the host. */
function rowKey(result: CheckResult): string {
  return `${result.check.row.profile} ${result.check.host} ${result.check.id}`;
}

/** An ICMP error or the far end said that some port of the row is filtered. */
function isProvenFiltered({ outcome, verdict, range }: CheckResult): boolean {
  if (outcome !== "fail" || verdict === undefined) return false;
  return (range?.groups ?? [verdict]).some(
    ({ state, reason, lost }) => state === "filtered" && (reason !== "no-response" || lost !== undefined),
  );
}

/**
 * The outcome of an any-of group: it passes when a member passes; else a member that the network provably blocks fails
 * it; else it is undecided when a member is; else it fails. Members that somebody left out do not take part.
 */
export function outcomeOfGroup(members: readonly CheckResult[]): Outcome {
  if (members.some((member) => member.outcome === "pass")) return "pass";
  if (members.some(isProvenFiltered)) return "fail";
  return members.every((member) => member.outcome === "fail") ? "fail" : "inconclusive";
}

/** The outcomes that count: those of required rows, and one for each group. */
function countedOf(results: readonly CheckResult[]): readonly Outcome[] {
  const rows = results.filter((result) => result.required).map((result) => result.outcome);
  return [...rows, ...groupsOf(results).map(outcomeOfGroup)];
}

/** The asked members of each any-of group; a group exists once in each profile and address. */
function groupsOf(results: readonly CheckResult[]): readonly (readonly CheckResult[])[] {
  const groups = new Map<string, CheckResult[]>();
  for (const result of results) {
    const { row, purpose, host, address } = result.check;
    if (row.group === undefined || purpose !== "row" || result.skipped?.deliberate === true) continue;
    const key = `${row.profile} ${host} ${address ?? ""} ${row.group}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

/**
 * The results without the members of any-of groups that did not pass on their address and did on another one of the
 * host: where one address is enough, it is so for a group as for a row.
 */
export function withoutCoveredGroups(results: readonly CheckResult[]): readonly CheckResult[] {
  const groups = groupsOf(results).map((members) => ({ members, passed: outcomeOfGroup(members) === "pass" }));
  const passed = new Set(groups.filter((group) => group.passed).map(({ members }) => groupKey(members[0]!)));
  const covered = new Set(
    groups
      .filter((group) => !group.passed && passed.has(groupKey(group.members[0]!)))
      .flatMap(({ members }) => members),
  );
  return results.filter((result) => !covered.has(result));
}

/** The same group on another address of the host. */
function groupKey({ check }: CheckResult): string {
  return `${check.row.profile} ${check.host} ${check.row.group}`;
}

/** Required rows and groups, and apart from them what moves no exit code. Canaries and group members count in neither. */
export function talliesOf(results: readonly CheckResult[]): { readonly summary: Tally; readonly optional: Tally } {
  const apart = results.filter(
    ({ required, check }) => !required && check.purpose !== "canary" && check.row.group === undefined,
  );
  return { summary: tally(countedOf(results)), optional: tally(apart.map(({ outcome }) => outcome)) };
}

function tally(outcomes: readonly Outcome[]): Tally {
  const sum = { pass: 0, fail: 0, inconclusive: 0, skipped: 0, error: 0, planned: 0 };
  for (const outcome of outcomes) sum[outcome]++;
  return sum;
}

/** 0: everything required passed, in every profile something did. 1: something failed. 3: undecided. */
export function exitCodeOf(plan: Plan, results: readonly CheckResult[]): Exclude<RunExitCode, 130> {
  const counted = countedOf(results);
  if (counted.includes("fail")) return 1;
  if (counted.some((outcome) => outcome !== "pass")) return 3;
  return plan.profiles.every(({ id }) => isSwitchedOffOrPassed(id, results)) ? 0 : 3;
}

function isSwitchedOffOrPassed(profile: string, results: readonly CheckResult[]): boolean {
  const rows = results.filter(({ check }) => check.row.profile === profile && check.purpose === "row");
  // Rows that the address left out (no IPv6 there) were wanted: only what the plan leaves out is switched off, and what
  // has an earlier result stays at that.
  const isOff = ({ check, skipped }: CheckResult) =>
    check.skip?.deliberate === true || (skipped?.notDue === true && skipped.deliberate);
  return rows.every(isOff) || rows.some(({ outcome }) => outcome === "pass");
}
