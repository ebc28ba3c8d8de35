/** Why a run ends with its exit code, as one sentence: what a person reads when the number alone says too little. */
import { type CheckResult, EXIT_CODES, type RunReport } from "../model/result.ts";

/** More names than this are counted, not listed. */
const NAMES_MAX = 4;

/** The sentence for a run, for instance `failed: udp/88 Kerberos`. */
export function exitCause(report: RunReport): string {
  switch (report.exitCode) {
    case EXIT_CODES.passed:
      return "every required row passes";
    case EXIT_CODES.failed:
      return `failed: ${[...causesOf(report, FAILED), ...openGroups(report)].join("; ")}`;
    case EXIT_CODES.undecided: {
      const causes = [...causesOf(report, UNDECIDED), ...openGroups(report), ...profilesWithoutPass(report)];
      return `undecided: ${causes.join("; ")}`;
    }
    case EXIT_CODES.interrupted: {
      const open = report.results.filter(({ verdict, skipped }) => verdict === undefined && skipped === undefined);
      return `interrupted: ${open.length} of ${report.results.length} checks have no result`;
    }
  }
}

/** For each outcome that can be the cause, the words after the names. */
type Words = Partial<Record<CheckResult["outcome"], (detail: string) => string>>;

const FAILED: Words = { fail: () => "" };
const UNDECIDED: Words = {
  inconclusive: () => " inconclusive",
  error: (detail) => ` in error: ${detail}`,
  skipped: (detail) => ` skipped: ${detail}`,
};

/** One phrase for all required results that share their words. */
function causesOf({ results }: RunReport, words: Words): readonly string[] {
  const alike = new Map<string, CheckResult[]>();
  for (const result of results) {
    if (!result.required || result.skipped?.deliberate === true) continue;
    const after = words[result.outcome]?.(result.detail);
    if (after === undefined) continue;
    const others = alike.get(after);
    if (others === undefined) alike.set(after, [result]);
    else others.push(result);
  }
  const asked = results.filter(({ skipped }) => skipped?.deliberate !== true);
  const allTargets = new Set(asked.map(targetOf)).size;
  return [...alike].map(([after, members]) => `${listOf(namesOf(members, allTargets), "more")}${after}`);
}

/** Each row once: `udp/88 Kerberos`, with the addresses where it is not all of the run's. */
function namesOf(results: readonly CheckResult[], allTargets: number): readonly string[] {
  const targetsByRow = new Map<string, Set<string>>();
  for (const result of results) {
    const { transport, portsText, row } = result.check;
    const name = `${transport}/${portsText} ${row.service}`;
    targetsByRow.set(name, (targetsByRow.get(name) ?? new Set()).add(targetOf(result)));
  }
  return [...targetsByRow].map(([name, targets]) =>
    targets.size === allTargets ? name : `${name} on ${listOf([...targets], "others")}`,
  );
}

function targetOf({ check }: CheckResult): string {
  return check.address ?? check.host;
}

function listOf(names: readonly string[], rest: string): string {
  const listed = names.slice(0, NAMES_MAX).join(", ");
  return names.length > NAMES_MAX ? `${listed} and ${names.length - NAMES_MAX} ${rest}` : listed;
}

/** Any-of groups of which somebody was asked and nobody passed. */
function openGroups({ results }: RunReport): readonly string[] {
  const passed = new Map<string, { readonly name: string; pass: boolean }>();
  for (const { check, outcome, skipped } of results) {
    const { group, profile } = check.row;
    if (group === undefined || skipped?.deliberate === true) continue;
    const key = `${profile} ${check.host} ${check.address ?? ""} ${group}`;
    const pass = outcome === "pass" || passed.get(key)?.pass === true;
    passed.set(key, { name: `${group} on ${check.address ?? check.host}`, pass });
  }
  return [...passed.values()].filter(({ pass }) => !pass).map(({ name }) => `no member of the group ${name} passes`);
}

/** Profiles of which something was asked and nothing passed. */
function profilesWithoutPass({ plan, results }: RunReport): readonly string[] {
  return plan.profiles.flatMap(({ id }) => {
    const rows = results.filter(({ check }) => check.row.profile === id && check.purpose === "row");
    const off = rows.every(({ skipped }) => skipped?.deliberate === true);
    return off || rows.some(({ outcome }) => outcome === "pass") ? [] : [`nothing in ${id} passed`];
  });
}
