/** One cell of the matrix: a button with its outcome as a word, how long it has been so, and its votes as a strip. */
import type { StatusCell } from "../report/status-document.ts";
import { targetText } from "../report/targets.ts";
import { certificateDays, daysText, SOON_DAYS } from "./certificates.ts";
import { type Child, fill, h } from "./dom.ts";
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

/** Draws a cell. `compact`: it stands in a grid, where a range has its picture in the cell. */
export function fillCell(button: HTMLButtonElement, cell: StatusCell, now: number, compact: boolean): void {
  const { result, history, since, outcome } = cell;
  button.className = `cell ${outcome}${uncountedText(result) === undefined ? "" : " uncounted"}`;
  button.setAttribute("aria-label", labelOf(cell, now));
  fill(
    button,
    outcomeMark(cell),
    ...tags(cell, now).map((text) => h("span", { class: "tag" }, text)),
    compact && since !== undefined ? age(since, now) : undefined,
    ...(compact ? picturesOf(cell) : []),
  );
  if (history === undefined) button.classList.add("without-past");
}

function picturesOf({ result, history }: StatusCell): readonly Child[] {
  return [
    result.range === undefined || result.range.tested === 0 ? undefined : portStrip(result.range, result.ports),
    history === undefined || history.length === 0 ? undefined : historyStrip(history),
  ];
}

/** What a word alone does not say. */
function tags(cell: StatusCell, now: number): readonly string[] {
  const { flapping, outcome, result } = cell;
  const days = certificateDays(cell, now);
  return [
    ...(flapping === true ? ["flapping"] : []),
    ...(result.outcome === outcome ? [] : [`last run ${WORDS[result.outcome]}`]),
    ...(days !== undefined && days <= SOON_DAYS ? [`certificate ${days < 0 ? "ended" : `${days} d`}`] : []),
  ];
}

/** The whole cell in words, its visible ones first. */
function labelOf(cell: StatusCell, now: number): string {
  const { result, outcome, since, flapping } = cell;
  const days = certificateDays(cell, now);
  const uncounted = uncountedText(result);
  return [
    `${WORDS[outcome]}: ${result.service} ${endpointText(result)} on ${targetText(result)}`,
    ...(since === undefined ? [] : [`since ${clockText(Date.parse(since), now)}`]),
    ...(flapping === true ? ["flapping"] : []),
    ...(result.outcome === outcome ? [] : [`the last run saw ${WORDS[result.outcome]}`]),
    ...(uncounted === undefined ? [] : [uncounted]),
    ...(days !== undefined && days <= SOON_DAYS ? [`certificate: ${daysText(days)}`] : []),
  ].join(", ");
}
