/**
 * All vectors, one table each. A table is made again only when its rows or columns change; else the cells that changed
 * are drawn anew, so that focus and scrolling stay.
 */
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import { fillCell } from "./cell-view.ts";
import { countsOf } from "./counts.ts";
import { fill, h } from "./dom.ts";
import { type Filter, matches } from "./filter.ts";
import { isShown, type Vector, vectorsOf } from "./matrix.ts";
import { type DrawnVector, drawVector } from "./vector-view.ts";
import { BY_URGENCY, WORDS } from "./words.ts";

export interface Shown {
  readonly shown: number;
  readonly all: number;
}

export interface MatrixView {
  /** Draws what a filter lets through of a document; gives how many cells that are. */
  update(document: StatusDocument, filter: Filter, now: number): Shown;
}

export function matrixView(root: HTMLElement): MatrixView {
  let drawn: readonly DrawnVector[] = [];
  return {
    update(document, filter, now) {
      const vectors = vectorsOf(document, filter.host);
      const old = new Map(drawn.map((vector) => [vector.structure, vector]));
      drawn = vectors.map((vector) => {
        const structure = structureOf(vector);
        return old.get(structure) ?? { structure, ...drawVector(vector, now) };
      });
      const sections = drawn.map(({ section }) => section);
      if (root.children.length !== sections.length || sections.some((section, at) => root.children[at] !== section)) {
        fill(root, ...sections);
      }
      for (const [at, { rows, cells }] of vectors.entries()) {
        fill(drawn[at]!.counts, ...countWords(cells));
        for (const cell of rows.flatMap((row) => row.cells)) {
          if (cell !== undefined) refresh(drawn[at]!, cell, now, isKept(cell, document));
        }
      }
      const shown = drawn.reduce((sum, vector) => sum + applyFilter(vector, filter), 0);
      return { shown, all: document.cells.filter(({ result }) => isShown(result)).length };
    },
  };
}

/** What, when it changes, makes another table. */
function structureOf({ profile, targets, leftOut, rows, cells }: Vector): string {
  const past = cells.some(({ history }) => history !== undefined);
  const ofRows = rows.map((row) => [row.id, row.asked.service, row.notAsked, row.cells.map((cell) => cell?.key)]);
  return JSON.stringify([profile, targets, leftOut, past, ofRows]);
}

/** The last run of its schedule did not ask it, because it was not due; or the agent has not asked it since it started. */
function isKept({ schedule, resultAt, outcome, earlier }: StatusCell, { runs }: StatusDocument): boolean {
  if (earlier === true) return true;
  const run = runs.find((one) => one.schedule === schedule);
  return run?.status === "completed" && outcome !== "skipped" && Date.parse(resultAt) < Date.parse(run.startedAt);
}

/** Draws a cell where it is not what it was. */
function refresh({ cells, roomy }: DrawnVector, cell: StatusCell, now: number, isKept: boolean): void {
  const known = cells.get(cell.key)!;
  const signature = JSON.stringify([cell, isKept]);
  known.cell = cell;
  if (known.signature === signature) return;
  known.signature = signature;
  fillCell(known.button, cell, { now, isKept, roomy, compact: known.parts === undefined });
  known.parts?.refresh(cell, now);
}

function countWords(cells: readonly StatusCell[]): readonly HTMLElement[] {
  const { counted } = countsOf(cells);
  return BY_URGENCY.flatMap((outcome) => {
    const count = counted.get(outcome);
    return count === undefined ? [] : [h("span", { class: `count ${outcome}` }, `${count} ${WORDS[outcome]}`)];
  });
}

/** Hides what does not match; gives how many cells do. */
function applyFilter({ section, rows, cells }: DrawnVector, filter: Filter): number {
  let shown = 0;
  for (const { element, keys } of rows) {
    const own = keys.flatMap((key) => (key === undefined ? [] : [cells.get(key)!]));
    const matching = own.filter(({ cell }) => matches(filter, cell));
    for (const one of own) one.button.classList.toggle("dimmed", !matching.includes(one));
    element.hidden = matching.length === 0;
    shown += matching.length;
  }
  section.hidden = shown === 0;
  for (const part of section.querySelectorAll<HTMLElement>(".folded, .scroller")) {
    part.hidden = part.querySelector("tbody tr:not([hidden])") === null;
  }
  for (const table of section.querySelectorAll("table")) setEntrance(table);
  return shown;
}

/** One cell of each table is reached by Tab, the others from there by the arrows. */
function setEntrance(table: HTMLTableElement): void {
  const all = [...table.querySelectorAll<HTMLButtonElement>("button.cell")];
  const buttons = all.filter((button) => button.closest("tr[hidden]") === null);
  const entrance =
    buttons.find((button) => button === document.activeElement) ??
    buttons.find(({ tabIndex }) => tabIndex === 0) ??
    buttons[0];
  for (const button of all) {
    const tabIndex = button === entrance ? 0 : -1;
    if (button.tabIndex !== tabIndex) button.tabIndex = tabIndex;
  }
}
