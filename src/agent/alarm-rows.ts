/** What an alarm is about: the rows that must pass, and any-of groups, of which one member must. */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";
import { type CellState, cellKey, type Transition } from "./cell.ts";

/** A required row at an address, or a group there. */
export interface AlarmRow {
  readonly key: string;
  readonly schedule: string;
  readonly outcome: Outcome;
  readonly sinceMs: number;
  /** Its result; of a group one member's. */
  readonly result: ResultEntry;
}

/** A row became bad or good. What became merely another kind of bad is not among them. */
export interface Turn {
  readonly row: AlarmRow;
  readonly to: "bad" | "good";
}

/** Follows the groups from run to run; the cells themselves are followed by whoever gives the transitions. */
export class TurnFinder {
  readonly #groups = new Map<string, Outcome>();

  /** What turned. `cells` are those after the run. */
  turnsOf(transitions: readonly Transition[], cells: readonly CellState[]): readonly Turn[] {
    const settled = transitions.filter(({ cell }) => cell.settled);
    const single = settled.flatMap(({ cell }) => {
      if (cell.result.group !== undefined) return [];
      return turn(rowOf(cell), cell.result.required, cell.lastPassMs !== undefined);
    });
    return [...single, ...this.#groupTurns(settled, cells)];
  }

  /** The rows and groups that are bad by what the cells say. */
  badOnes(cells: readonly CellState[]): readonly AlarmRow[] {
    const met = cells.map((cell) => ({ cell, atMs: cell.sinceMs, runId: "" }));
    return this.turnsOf(met, cells).flatMap(({ row, to }) => (to === "bad" ? [row] : []));
  }

  /** The keys of all rows and groups that the cells hold. */
  keysOf(cells: readonly CellState[]): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const { key, result } of cells) keys.add(groupKey(result) ?? key);
    return keys;
  }

  #groupTurns(transitions: readonly Transition[], cells: readonly CellState[]): readonly Turn[] {
    const touched = new Map(
      transitions.flatMap((transition) => {
        const key = groupKey(transition.cell.result);
        return key === undefined ? [] : [[key, transition] as const];
      }),
    );
    if (touched.size === 0) return [];
    const members = new Map<string, CellState[]>();
    for (const cell of cells) {
      const key = groupKey(cell.result);
      if (key === undefined || !touched.has(key)) continue;
      const sofar = members.get(key);
      if (sofar === undefined) members.set(key, [cell]);
      else sofar.push(cell);
    }
    return [...touched].flatMap(([key, { cell }]) => {
      const all = members.get(key) ?? [cell];
      const outcome = outcomeOfGroup(all);
      if (this.#groups.get(key) === outcome) return [];
      this.#groups.set(key, outcome);
      const passed = all.some(({ lastPassMs }) => lastPassMs !== undefined);
      return turn({ ...rowOf(cell), key, outcome }, true, passed);
    });
  }
}

/** What cannot be said is news only of a row that has passed before: of another one nothing has changed. */
function turn(row: AlarmRow, required: boolean, hasPassed: boolean): readonly Turn[] {
  if (row.outcome === "pass") return [{ row, to: "good" }];
  const bad = row.outcome === "fail" || row.outcome === "error" || (row.outcome === "inconclusive" && hasPassed);
  return bad && required ? [{ row, to: "bad" }] : [];
}

function rowOf({ key, schedule, published, sinceMs, result }: CellState): AlarmRow {
  return { key, schedule, outcome: published, sinceMs, result };
}

/** A group exists once in each profile and address. */
export function groupKey(result: ResultEntry): string | undefined {
  if (result.group === undefined || result.canary === true || result.via !== undefined) return undefined;
  return cellKey({ ...result, check: `any of ${result.group}` });
}

/** As a run counts it, by the published outcomes. */
function outcomeOfGroup(members: readonly CellState[]): Outcome {
  const outcomes = members.map(({ published }) => published);
  if (outcomes.includes("pass")) return "pass";
  return outcomes.every((outcome) => outcome === "fail") ? "fail" : "inconclusive";
}
