/** What does not pass, put together by what was seen: one line for a host that is gone, not sixty. */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";
import type { StatusCell } from "../report/status-document.ts";
import { type Target, targetKey } from "../report/targets.ts";
import { isShown } from "./matrix.ts";
import { BY_URGENCY, isBad, uncountedText, verdictText, WORDS } from "./words.ts";

export interface Cause {
  readonly outcome: Outcome;
  /** Moves no exit code. */
  readonly uncounted: boolean;
  readonly target: Target;
  /** The detail of a single cell; for several what all of them share. */
  readonly text: string;
  readonly cells: readonly StatusCell[];
  /** Every cell of the target that was asked, as far as it counts. */
  readonly wholeTarget: boolean;
  /** When the first of them began to be so; undefined where no past is known. */
  readonly since: string | undefined;
}

/** Most urgent first; of one outcome what most cells share. */
export function causesOf(cells: readonly StatusCell[]): readonly Cause[] {
  const shown = cells.filter(({ result }) => isShown(result));
  const alike = new Map<string, StatusCell[]>();
  for (const cell of shown.filter(({ outcome }) => isBad(outcome))) {
    const { result, outcome } = cell;
    const uncounted = uncountedText(result) !== undefined;
    const key = JSON.stringify([targetKey(result), outcome, uncounted, result.outcome, verdictText(result)]);
    alike.set(key, [...(alike.get(key) ?? []), cell]);
  }
  const asked = new Map<string, number>();
  for (const { outcome, result } of shown) {
    if (outcome !== "skipped") asked.set(targetOf(result), (asked.get(targetOf(result)) ?? 0) + 1);
  }
  const causes = [...alike.values()].map((alikes) => causeOf(alikes, asked.get(targetOf(alikes[0]!.result))));
  return causes.sort((a, b) => urgency(a) - urgency(b) || b.cells.length - a.cells.length);
}

/** What counts and what does not are told apart. */
function targetOf(result: ResultEntry): string {
  return `${targetKey(result)} ${uncountedText(result) === undefined}`;
}

function causeOf(cells: readonly StatusCell[], asked: number | undefined): Cause {
  const { outcome, result } = cells[0]!;
  const same = cells.every((cell) => cell.result.detail === result.detail);
  const text = same ? result.detail : (verdictText(result) ?? result.detail);
  return {
    outcome,
    uncounted: uncountedText(result) !== undefined,
    target: { host: result.host, address: result.address },
    text: outcome === result.outcome ? text : `the last run saw ${WORDS[result.outcome]}: ${text}`,
    cells,
    wholeTarget: cells.length > 1 && cells.length === asked,
    since: cells
      .flatMap(({ since }) => since ?? [])
      .sort()
      .at(0),
  };
}

function urgency({ outcome, uncounted }: Cause): number {
  return BY_URGENCY.indexOf(outcome) + (uncounted ? BY_URGENCY.length : 0);
}
