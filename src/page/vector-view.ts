/** One vector as a table: one target as a list with what was seen, several as a grid of words. */
import type { StatusCell } from "../report/status-document.ts";
import { type Target, targetText } from "../report/targets.ts";
import { cellButton } from "./cell-view.ts";
import { h } from "./dom.ts";
import { type ListParts, listHeads, listRow } from "./list-view.ts";
import { type Row, TARGETS_SHOWN, type Vector } from "./matrix.ts";
import { endpointText } from "./words.ts";

export interface DrawnVector {
  /** What the table was made for; another one wants another table. */
  readonly structure: string;
  readonly section: HTMLElement;
  /** Where the counts of its outcomes stand. */
  readonly counts: HTMLElement;
  readonly rows: readonly DrawnRow[];
  readonly cells: ReadonlyMap<string, DrawnCell>;
  /** Its columns are wide. */
  readonly roomy: boolean;
}

/** So few columns have room for a sentence in each cell. */
const ROOMY_TARGETS = 3;

export interface DrawnRow {
  readonly element: HTMLTableRowElement;
  readonly keys: readonly (string | undefined)[];
}

export interface DrawnCell {
  readonly button: HTMLButtonElement;
  /** In a list: the rest of the row, which changes with the cell. */
  readonly parts?: ListParts;
  cell: StatusCell;
  /** Of what is drawn; empty before the first time. */
  signature: string;
}

type Cells = Map<string, DrawnCell>;

/** The table with empty cells. */
export function drawVector(vector: Vector, now: number): Omit<DrawnVector, "structure"> {
  const { profile, targets, rows, leftOut } = vector;
  const cells: Cells = new Map();
  const past = vector.cells.some(({ history }) => history !== undefined);
  const isGrid = targets.length > 1;
  const planned = vector.cells.some(({ outcome }) => outcome === "planned");
  const heads = (): HTMLElement => (isGrid ? gridHeads(targets) : listHeads(past, planned));
  const rowOf = (row: Row): DrawnRow => (isGrid ? gridRow(row, cells) : oneRow(row, past, now, cells));
  const asked = rows.filter((row) => !row.notAsked).map(rowOf);
  const folded = rows.filter((row) => row.notAsked).map(rowOf);
  const counts = h("p", { class: "counts" });
  const titleId = `vector-${profile.id}`;
  const section = h(
    "section",
    { class: `vector ${isGrid ? "grid" : "list"}`, "aria-labelledby": titleId },
    h("header", {}, h("h2", { id: titleId }, profile.title), rolesOf(vector), counts),
    isGrid ? undefined : h("p", { class: "target" }, ...targetNames(targets[0]!)),
    profile.caution === undefined
      ? undefined
      : h("p", { class: "caution" }, h("strong", {}, "Caution. "), profile.caution),
    leftOut === 0 ? undefined : h("p", { class: "aside" }, leftOutText(leftOut)),
    asked.length === 0 ? undefined : tableOf(profile.title, heads(), asked),
    folded.length === 0 ? undefined : foldedRows(profile.title, heads(), folded),
  );
  section.style.setProperty("--columns", `${targets.length}`);
  return { section, counts, rows: [...asked, ...folded], cells, roomy: isGrid && targets.length <= ROOMY_TARGETS };
}

function rolesOf({ profile }: Vector): HTMLElement {
  const { from, to, id } = profile;
  return h("p", { class: "roles" }, h("span", {}, from), " → ", h("span", {}, to), h("code", {}, id));
}

function leftOutText(count: number): string {
  return `${TARGETS_SHOWN} of ${count + TARGETS_SHOWN} addresses are shown, those that do not pass first; choose a host above to see any other.`;
}

function tableOf(label: string, heads: HTMLElement, rows: readonly DrawnRow[]): HTMLElement {
  const table = h("table", { "aria-label": label }, heads, h("tbody", {}, ...rows.map(({ element }) => element)));
  return h("div", { class: "scroller" }, table);
}

function foldedRows(title: string, heads: HTMLElement, rows: readonly DrawnRow[]): HTMLElement {
  return h(
    "details",
    { class: "folded" },
    h("summary", {}, `${rows.length} row${rows.length === 1 ? " was" : "s were"} not asked`),
    tableOf(`${title}: not asked`, heads, rows),
  );
}

function gridHeads(targets: readonly Target[]): HTMLElement {
  const [domain, ...others] = new Set(targets.map(({ host }) => domainOf(host)));
  const shared = others.length === 0 && domain !== "" ? domain : undefined;
  const heads = targets.map((target) =>
    h("th", { scope: "col", "aria-label": targetText(target) }, ...targetNames(target, shared !== undefined)),
  );
  const corner = shared === undefined ? "Service" : `Service, of hosts in ${shared.slice(1)}`;
  return h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "row-head" }, corner), ...heads));
}

/** `.example.com` of `dc01.example.com`; empty for an address and for a name without a dot. */
function domainOf(host: string): string {
  const dot = /^[\d.]+$|:/.test(host) ? -1 : host.indexOf(".");
  return dot === -1 ? "" : host.slice(dot);
}

/** The first label stands out; a domain that all hosts share is not repeated. */
function targetNames({ host, address }: Target, isShared = false): readonly HTMLElement[] {
  const domain = domainOf(host);
  const rest = domain === "" || isShared ? undefined : h("i", {}, domain);
  const name = h("b", {}, host.slice(0, host.length - domain.length), rest);
  return address === null || address === host ? [name] : [name, h("span", { class: "address" }, address)];
}

function gridRow(row: Row, drawn: Cells): DrawnRow {
  const { asked, cells } = row;
  const head = h(
    "th",
    { scope: "row", class: "row-head" },
    h(
      "span",
      { class: "asked" },
      h("span", { class: "port" }, `${asked.via === undefined ? "" : "↳ "}${endpointText(asked)} `),
      h("span", { class: "service" }, asked.service),
    ),
  );
  const places = cells.map((cell) => {
    if (cell === undefined) return h("td", {}, h("span", { class: "none" }, "–"));
    const button = cellButton(cell.key);
    drawn.set(cell.key, { button, cell, signature: "" });
    return h("td", {}, button);
  });
  return { element: h("tr", {}, head, ...places), keys: cells.map((cell) => cell?.key) };
}

function oneRow(row: Row, past: boolean, now: number, drawn: Cells): DrawnRow {
  const cell = row.cells[0]!;
  const button = cellButton(cell.key);
  const { element, parts } = listRow(cell, button, past, now);
  drawn.set(cell.key, { button, parts, cell, signature: "" });
  return { element, keys: [cell.key] };
}
