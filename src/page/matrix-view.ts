/**
 * The vectors as tables: one target as a list with what was seen, several as a grid of words. A table is made again only
 * when its rows or columns change; else the cells that changed are drawn anew, so that focus and scrolling stay.
 */
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import type { Target } from "../report/targets.ts";
import { cellButton, fillCell } from "./cell-view.ts";
import { countsOf } from "./counts.ts";
import { fill, h } from "./dom.ts";
import { type Filter, matches } from "./filter.ts";
import { type ListParts, listHeads, listRow } from "./list-view.ts";
import { type Row, type Vector, vectorsOf } from "./matrix.ts";
import { BY_URGENCY, WORDS } from "./words.ts";

export interface MatrixView {
  /** Draws a document. */
  update(document: StatusDocument, now: number): void;
  /** Shows what a filter lets through; gives how many cells that are. */
  filter(filter: Filter): { readonly shown: number; readonly all: number };
}

interface DrawnCell {
  readonly key: string;
  readonly compact: boolean;
  readonly button: HTMLButtonElement;
  readonly parts?: ListParts;
  cell: StatusCell;
  signature: string;
}

interface DrawnRow {
  readonly element: HTMLTableRowElement;
  readonly keys: readonly (string | undefined)[];
}

interface DrawnVector {
  readonly structure: string;
  readonly section: HTMLElement;
  readonly counts: HTMLElement;
  readonly targets: readonly Target[];
  readonly rows: readonly DrawnRow[];
  /** Cells of one column, header and all, by target. */
  readonly columns: readonly (readonly HTMLElement[])[];
}

export function matrixView(root: HTMLElement): MatrixView {
  let vectors: readonly DrawnVector[] = [];
  let cells = new Map<string, DrawnCell>();
  return {
    update(document, now) {
      const wanted = vectorsOf(document);
      const old = new Map(vectors.map((vector) => [vector.structure, vector]));
      const kept = new Map<string, DrawnCell>();
      vectors = wanted.map((vector) => old.get(structureOf(vector)) ?? draw(vector, now, kept));
      for (const [key, cell] of cells) if (!kept.has(key)) kept.set(key, cell);
      cells = kept;
      for (const [at, { rows }] of wanted.entries()) {
        for (const cell of rows.flatMap((row) => row.cells)) if (cell !== undefined) refresh(cells, cell, now);
        fill(vectors[at]!.counts, ...countWords(rows));
      }
      const sections = vectors.map(({ section }) => section);
      if (sections.some((section, at) => root.children[at] !== section) || root.children.length !== sections.length) {
        fill(root, ...sections);
      }
    },
    filter(wanted) {
      return vectors.reduce((sum, vector) => add(sum, applyFilter(vector, wanted, cells)), { shown: 0, all: 0 });
    },
  };
}

type Shown = ReturnType<MatrixView["filter"]>;

function add(a: Shown, b: Shown): Shown {
  return { shown: a.shown + b.shown, all: a.all + b.all };
}

/** What, when it changes, makes another table. */
function structureOf({ profile, targets, rows }: Vector): string {
  const past = rows.some((row) => row.cells.some((cell) => cell?.history !== undefined));
  return JSON.stringify([
    profile,
    targets,
    past,
    rows.map(({ id, asked, notAsked, cells }) => [id, asked.service, notAsked, cells.map((cell) => cell?.key)]),
  ]);
}

function draw(vector: Vector, now: number, drawn: Map<string, DrawnCell>): DrawnVector {
  const { profile, targets, rows } = vector;
  const compact = targets.length > 1;
  const columns: HTMLElement[][] = targets.map(() => []);
  const past = rows.some((row) => row.cells.some((cell) => cell?.history !== undefined));
  const rowOf = (row: Row): DrawnRow => (compact ? gridRow(row, columns, drawn) : listRowOf(row, past, now, drawn));
  const asked = rows.filter((row) => !row.notAsked).map(rowOf);
  const folded = rows.filter((row) => row.notAsked).map(rowOf);
  const counts = h("p", { class: "counts" });
  const titleId = `vector-${profile.id}`;
  const heads = compact ? gridHeads(targets, columns) : listHeads(past);
  const section = h(
    "section",
    { class: `vector ${compact ? "grid" : "list"}`, "aria-labelledby": titleId },
    h(
      "header",
      {},
      h("h2", { id: titleId }, profile.title),
      h(
        "p",
        { class: "roles" },
        h("span", {}, profile.from),
        " → ",
        h("span", {}, profile.to),
        h("code", {}, profile.id),
      ),
      counts,
    ),
    compact ? undefined : h("p", { class: "target" }, ...targetNames(targets[0]!)),
    profile.caution === undefined
      ? undefined
      : h("p", { class: "caution" }, h("strong", {}, "Caution. "), profile.caution),
    asked.length === 0 ? undefined : tableOf(`${profile.title}: rows`, heads, asked),
    folded.length === 0 ? undefined : foldedRows(profile.title, folded, targets, compact, past),
  );
  return { structure: structureOf(vector), section, counts, targets, rows: [...asked, ...folded], columns };
}

function tableOf(label: string, heads: HTMLElement, rows: readonly DrawnRow[]): HTMLElement {
  const table = h("table", { "aria-label": label }, heads, h("tbody", {}, ...rows.map(({ element }) => element)));
  return h("div", { class: "scroller" }, table);
}

function foldedRows(
  title: string,
  rows: readonly DrawnRow[],
  targets: readonly Target[],
  compact: boolean,
  past: boolean,
): HTMLElement {
  const heads = compact ? gridHeads(targets, []) : listHeads(past);
  return h(
    "details",
    { class: "folded" },
    h("summary", {}, `${rows.length} row${rows.length === 1 ? " was" : "s were"} not asked`),
    tableOf(`${title}: rows that were not asked`, heads, rows),
  );
}

function gridHeads(targets: readonly Target[], columns: readonly HTMLElement[][]): HTMLElement {
  const heads = targets.map((target, at) => {
    const head = h("th", { scope: "col" }, ...targetNames(target));
    columns[at]?.push(head);
    return head;
  });
  return h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "row-head" }, "Service"), ...heads));
}

/** The name's first label stands out; the rest of it is often the same for all. */
function targetNames({ host, address }: Target): readonly HTMLElement[] {
  const dot = /^[\d.]+$|:/.test(host) ? -1 : host.indexOf(".");
  const name = dot === -1 ? h("b", {}, host) : h("b", {}, host.slice(0, dot), h("i", {}, host.slice(dot)));
  return address === null || address === host ? [name] : [name, h("span", { class: "address" }, address)];
}

function gridRow(row: Row, columns: readonly HTMLElement[][], drawn: Map<string, DrawnCell>): DrawnRow {
  const { asked } = row;
  const cells = row.cells.map((cell, at) => {
    const place = h(
      "td",
      {},
      cell === undefined ? h("span", { class: "none" }, "–") : drawCell(cell, true, drawn).button,
    );
    columns[at]!.push(place);
    return place;
  });
  const head = h(
    "th",
    { scope: "row", class: "row-head" },
    h("span", { class: "port" }, `${asked.via === undefined ? "" : "↳ "}${asked.transport}/${asked.ports}`),
    h("span", { class: "service" }, asked.service),
  );
  return { element: h("tr", {}, head, ...cells), keys: row.cells.map((cell) => cell?.key) };
}

function listRowOf(row: Row, past: boolean, now: number, drawn: Map<string, DrawnCell>): DrawnRow {
  const cell = row.cells[0]!;
  const made = drawCell(cell, false, drawn);
  const { element, parts } = listRow(cell, made.button, past, now);
  drawn.set(cell.key, { ...made, parts });
  return { element, keys: [cell.key] };
}

function drawCell(cell: StatusCell, compact: boolean, drawn: Map<string, DrawnCell>): DrawnCell {
  const made: DrawnCell = { key: cell.key, compact, button: cellButton(cell.key), cell, signature: "" };
  drawn.set(cell.key, made);
  return made;
}

/** Draws a cell where it is not what it was. */
function refresh(drawn: ReadonlyMap<string, DrawnCell>, cell: StatusCell, now: number): void {
  const known = drawn.get(cell.key)!;
  const signature = JSON.stringify(cell);
  known.cell = cell;
  if (known.signature === signature) return;
  known.signature = signature;
  fillCell(known.button, cell, now, known.compact);
  known.parts?.refresh(cell, now);
}

function countWords(rows: readonly Row[]): readonly HTMLElement[] {
  const { counted } = countsOf(rows.flatMap((row) => row.cells.filter((cell) => cell !== undefined)));
  return BY_URGENCY.flatMap((outcome) => {
    const count = counted.get(outcome);
    return count === undefined ? [] : [h("span", { class: `count ${outcome}` }, `${count} ${WORDS[outcome]}`)];
  });
}

function applyFilter(vector: DrawnVector, filter: Filter, cells: ReadonlyMap<string, DrawnCell>): Shown {
  let shown = 0;
  let all = 0;
  for (const { element, keys } of vector.rows) {
    const own = keys.flatMap((key) => (key === undefined ? [] : [cells.get(key)!]));
    const matching = own.filter(({ cell }) => matches(filter, cell));
    for (const one of own) one.button.classList.toggle("dimmed", !matching.includes(one));
    element.hidden = matching.length === 0;
    shown += matching.length;
    all += own.length;
  }
  for (const [at, elements] of vector.columns.entries()) {
    const hidden = filter.host !== "" && vector.targets[at]!.host !== filter.host;
    for (const element of elements) element.hidden = hidden;
  }
  vector.section.hidden = shown === 0;
  for (const part of vector.section.querySelectorAll<HTMLElement>(".folded, .scroller")) {
    part.hidden = part.querySelector("tbody tr:not([hidden])") === null;
  }
  setEntrance(vector);
  return { shown, all };
}

/** One cell of each table is reached by Tab, the others from there by the arrows. */
function setEntrance({ section }: DrawnVector): void {
  for (const table of section.querySelectorAll("table")) {
    const buttons = [...table.querySelectorAll<HTMLButtonElement>("tr:not([hidden]) > :not([hidden]) > button.cell")];
    const entrance = buttons.find((button) => button === document.activeElement) ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === entrance ? 0 : -1;
  }
}
