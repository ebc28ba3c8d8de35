/** How many cells have which outcome: those that count, and those that move no exit code. */
import type { Outcome } from "../model/words.ts";
import type { StatusCell } from "../report/status-document.ts";

export interface OutcomeCounts {
  readonly counted: ReadonlyMap<Outcome, number>;
  readonly uncounted: ReadonlyMap<Outcome, number>;
}

/**
 * As the summary of a run counts: required cells, an any-of group once for each address (in a plan each member), canaries
 * not at all.
 */
export function countsOf(cells: readonly StatusCell[]): OutcomeCounts {
  const shown = cells.filter(({ result }) => result.canary !== true);
  const isMember = ({ result }: StatusCell): boolean => result.group !== undefined && !result.required;
  const single = shown.filter((cell) => !isMember(cell));
  const members = shown.filter((cell) => isMember(cell) && cell.outcome !== "skipped");
  const groups = new Map<string, StatusCell[]>();
  for (const cell of members) {
    if (cell.outcome === "planned") continue;
    const { profile, host, address, group } = cell.result;
    const key = JSON.stringify([profile, host, address, group]);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return {
    counted: tally([
      ...single.filter(({ result }) => result.required).map(({ outcome }) => outcome),
      ...[...groups.values()].map(outcomeOfGroup),
      ...members.map(({ outcome }) => outcome).filter((outcome) => outcome === "planned"),
    ]),
    uncounted: tally(single.filter(({ result }) => !result.required).map(({ outcome }) => outcome)),
  };
}

function tally(outcomes: readonly Outcome[]): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}

/** As verdict/required.ts has it, on what a document tells: one that passes is enough. */
function outcomeOfGroup(members: readonly StatusCell[]): Outcome {
  const outcomes = members.map(({ outcome }) => outcome);
  if (outcomes.includes("pass")) return "pass";
  if (members.some(isProvenFiltered)) return "fail";
  return outcomes.every((outcome) => outcome === "fail") ? "fail" : "inconclusive";
}

function isProvenFiltered({ outcome, result: { state, reason, range } }: StatusCell): boolean {
  if (outcome !== "fail") return false;
  return (state === "filtered" && reason !== "no-response") || (range?.offenders ?? []).length > 0;
}
