/** The rows of one target as a list: the outcome first, then what was seen, the votes, and since when. */
import type { StatusCell } from "../report/status-document.ts";
import { age } from "./cell-view.ts";
import { certificateDays, daysText } from "./certificates.ts";
import { fill, h } from "./dom.ts";
import { historyStrip, portStrip } from "./strips.ts";
import { millisecondsText } from "./time.ts";
import { uncountedText } from "./words.ts";

/** What of a row changes with its cell. */
export interface ListParts {
  refresh(cell: StatusCell, now: number): void;
}

/** `past`: the votes of earlier runs are known. */
export function listHeads(past: boolean, planned: boolean): HTMLElement {
  const names = [
    ["outcome", "Outcome"],
    ["port", "Port"],
    ["service", "Service"],
    ["what-was-seen", planned ? "What is sent" : "What was seen"],
    ["reply", planned ? "" : "Reply"],
    ...(past
      ? [
          ["votes", "Votes"],
          ["since", "Since"],
        ]
      : []),
  ];
  return h("thead", {}, h("tr", {}, ...names.map(([name, text]) => h("th", { scope: "col", class: name }, text))));
}

/** A row around the button of its cell. */
export function listRow(
  cell: StatusCell,
  button: HTMLButtonElement,
  past: boolean,
  now: number,
): { readonly element: HTMLTableRowElement; readonly parts: ListParts } {
  const { asked, seen, reply, votes, since } = {
    asked: cell.result,
    seen: h("td", { class: "what-was-seen" }),
    reply: h("td", { class: "reply" }),
    votes: h("td", { class: "votes" }),
    since: h("td", { class: "since" }),
  };
  const element = h(
    "tr",
    {},
    h("td", { class: "outcome" }, button),
    h("td", { class: "port" }, `${asked.via === undefined ? "" : "↳ "}${asked.transport}/${asked.ports}`),
    h("th", { scope: "row", class: "service" }, asked.service),
    seen,
    reply,
    ...(past ? [votes, since] : []),
  );
  const refresh = (changed: StatusCell, at: number): void => {
    const { result, history } = changed;
    fill(seen, ...seenParts(changed, at));
    fill(reply, result.rttMs === undefined ? undefined : millisecondsText(result.rttMs));
    fill(votes, history === undefined || history.length === 0 ? undefined : historyStrip(history));
    fill(since, changed.since === undefined ? undefined : age(changed.since, at));
  };
  refresh(cell, now);
  return { element, parts: { refresh } };
}

function seenParts(cell: StatusCell, now: number): readonly (HTMLElement | SVGElement)[] {
  const { result } = cell;
  const days = certificateDays(cell, now);
  const uncounted = uncountedText(result);
  return [
    h("span", { class: "detail" }, result.detail),
    ...(uncounted === undefined ? [] : [h("span", { class: "aside" }, uncounted)]),
    ...(days === undefined ? [] : [h("span", { class: "aside" }, `certificate: ${daysText(days)}`)]),
    ...result.warnings.map((warning) => h("span", { class: "warning" }, `Warning: ${warning}`)),
    ...(result.range === undefined || result.range.tested === 0 ? [] : [portStrip(result.range, result.ports)]),
  ];
}
