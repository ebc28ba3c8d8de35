/** One cell of the matrix: a button with its outcome as a word, how long it has been so, and its votes as a strip. */
import type { StatusCell } from "../report/status-document.ts";
import { targetText } from "../report/targets.ts";
import { certificateDays, daysText, SOON_DAYS } from "./certificates.ts";
import { fill, h } from "./dom.ts";
import { historyStrip, portStrip } from "./strips.ts";
import { ageText, clockText } from "./time.ts";
import { endpointText, isBad, uncountedText, WORDS } from "./words.ts";

/** The word of an outcome as a mark; in brackets where the result moves no exit code. */
export function outcomeMark({ outcome, result }: Pick<StatusCell, "outcome" | "result">): HTMLElement {
  const bracketed = isBad(outcome) && uncountedText(result) !== undefined;
  return h(
    "span",
    { class: `word ${outcome}${bracketed ? " uncounted" : ""}` },
    bracketed ? `(${WORDS[outcome]})` : WORDS[outcome],
  );
}

/** A text that says how long ago a moment was, and goes on saying so: see ticking.ts. */
export function age(since: string, now: number): HTMLElement {
  return h("time", { datetime: since, "data-since": since }, ageText(now - Date.parse(since)));
}

/** An empty button for a cell; `fillCell` draws it, and again when the cell changes. */
export function cellButton(key: string): HTMLButtonElement {
  return h("button", {
    type: "button",
    "data-cell": key,
    "aria-expanded": "false",
    "aria-controls": "details",
    tabindex: -1,
  });
}

export interface CellContext {
  readonly now: number;
  /** It stands in a grid, where a range has its picture in the cell. */
  readonly compact: boolean;
  /** There is room for a line of what was seen. */
  readonly roomy: boolean;
  /** Its result is older than the last run of its schedule, or than the agent. */
  readonly isKept: boolean;
}

/** Draws a cell. */
export function fillCell(button: HTMLButtonElement, cell: StatusCell, context: CellContext): void {
  const { now, compact, roomy } = context;
  const { result, history, since, outcome } = cell;
  button.className = `cell ${outcome}${uncountedText(result) === undefined ? "" : " uncounted"}`;
  button.classList.toggle("earlier", cell.earlier === true);
  button.setAttribute("aria-label", labelOf(cell, context));
  fill(
    button,
    outcomeMark(cell),
    ...tags(cell, context).map((text) => h("span", { class: "tag" }, text)),
    compact && result.range !== undefined && result.range.tested > 0
      ? portStrip(result.range, result.ports)
      : undefined,
    compact && since !== undefined ? age(since, now) : undefined,
    roomy ? h("span", { class: "said" }, result.detail) : undefined,
    compact && history !== undefined && history.length > 0 ? historyStrip(history) : undefined,
  );
  if (history === undefined) button.classList.add("without-past");
}

/** What a word alone does not say. */
function tags(cell: StatusCell, { now, isKept }: CellContext): readonly string[] {
  const { unsettled, flapping, outcome, result, resultAt } = cell;
  const days = certificateDays(cell, now);
  return [
    ...(unsettled === true ? ["not settled"] : []),
    ...(flapping === true ? ["flapping"] : []),
    ...(result.outcome === outcome ? [] : [`last ${WORDS[result.outcome]}`]),
    ...(days !== undefined && days <= SOON_DAYS ? [`cert ${days < 0 ? "ended" : `${days} d`}`] : []),
    ...(isKept ? [`seen ${clockText(Date.parse(resultAt), now)}`] : []),
  ];
}

/** The whole cell in words, its visible ones first. */
function labelOf(cell: StatusCell, { now, isKept }: CellContext): string {
  const { result, outcome, since, unsettled, flapping, resultAt } = cell;
  const days = certificateDays(cell, now);
  const uncounted = uncountedText(result);
  return [
    `${WORDS[outcome]}: ${result.service} ${endpointText(result)} on ${targetText(result)}`,
    ...(since === undefined ? [] : [`since ${clockText(Date.parse(since), now)}`]),
    ...(unsettled === true ? ["not settled"] : []),
    ...(flapping === true ? ["flapping"] : []),
    ...(result.outcome === outcome ? [] : [`the last run saw ${WORDS[result.outcome]}`]),
    ...(uncounted === undefined ? [] : [uncounted]),
    ...(days !== undefined && days <= SOON_DAYS ? [`certificate: ${daysText(days)}`] : []),
    ...(isKept ? [`asked last ${clockText(Date.parse(resultAt), now)}`] : []),
  ].join(", ");
}
