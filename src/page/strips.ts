/** Small pictures: the votes of a cell over time, and the ports of a range. Heights repeat what colours say. */
import type { Outcome } from "../model/words.ts";
import type { RangeEntry } from "../report/document.ts";
import type { Stretch } from "../report/status-document.ts";
import { h, svg } from "./dom.ts";
import { type Mark, type Pictured, pictureOf } from "./port-picture.ts";
import { WORDS } from "./words.ts";

/** As many votes as a cell keeps: all strips of a page have one scale, the newest vote at the right. */
const VOTES = 120;
const HEIGHT = 12;

const VOTE_HEIGHTS: Readonly<Record<Outcome, number>> = {
  pass: 4,
  inconclusive: 8,
  error: 12,
  fail: 12,
  skipped: 2,
  planned: 2,
};

/** The votes as a strip; who cannot see it has `historyText`. */
export function historyStrip(history: readonly Stretch[]): SVGElement {
  let at = VOTES - history.reduce((sum, { votes }) => sum + votes, 0);
  const bars = history.map(({ outcome, votes }) => {
    const height = VOTE_HEIGHTS[outcome];
    const bar = svg("rect", { class: `vote ${outcome}`, x: at, y: HEIGHT - height, width: votes, height });
    at += votes;
    return bar;
  });
  return picture("history", VOTES, ...bars);
}

function picture(name: string, length: number, ...children: readonly SVGElement[]): SVGElement {
  const box = `0 0 ${Math.max(1, length)} ${HEIGHT}`;
  return svg(
    "svg",
    { class: `strip ${name}`, viewBox: box, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...children,
  );
}

/** `last 120 votes: 112 PASS, 8 FAIL`. */
export function historyText(history: readonly Stretch[]): string {
  const counts = new Map<Outcome, number>();
  for (const { outcome, votes } of history) counts.set(outcome, (counts.get(outcome) ?? 0) + votes);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([outcome, count]) => `${count} ${WORDS[outcome]}`);
  return `last ${total} vote${total === 1 ? "" : "s"}: ${parts.join(", ")}`;
}

const PORT_HEIGHTS: Readonly<Record<Pictured, number>> = { closed: 4, open: 7, openFiltered: 9, filtered: 12 };

/** What was seen of each port of a range, as a strip; the ports of one state in words are `PORT_WORDS` and the report's. */
export function portStrip(range: RangeEntry, ports: string): SVGElement {
  const { length, marks } = pictureOf(range, ports);
  // The blocked ones last: a mark of one port among ten thousand is drawn wider than it is, and must not be covered.
  const byWeight = [...marks].sort((a, b) => PORT_HEIGHTS[a.state] - PORT_HEIGHTS[b.state]);
  return picture(
    "ports",
    length,
    ...byWeight.map(({ at, length: width, state }) => {
      const height = PORT_HEIGHTS[state];
      return svg("rect", { class: `mark ${state}`, x: at, y: HEIGHT - height, width, height });
    }),
  );
}

export const PORT_WORDS: Readonly<Record<Pictured, string>> = {
  open: "open",
  closed: "closed",
  filtered: "filtered",
  openFiltered: "open|filtered",
};

/** A label needs about so much of a strip's width, in percent. */
const LABEL_PERCENT = 21;
/** Labels that would stand on each other go to another line; what has no room there is in the list of ports alone. */
const LABEL_LINES = 3;

/** The strip with its blocked ports named above it and port numbers below. */
export function portPicture(range: RangeEntry, ports: string): HTMLElement {
  const { length, ticks, portsPerUnit } = pictureOf(range, ports);
  const percent = (at: number): number => (100 * at) / Math.max(1, length);
  const lines: { readonly names: HTMLElement[]; free: number }[] = [];
  for (const { at, length: width, port } of portsPerUnit > 1 ? [] : namedMarks(range, ports)) {
    const middle = percent(at + width / 2);
    const left = Math.max(0, Math.min(100 - LABEL_PERCENT, middle - LABEL_PERCENT / 2));
    const line = lines.find(({ free }) => free <= left) ?? { names: [], free: 0 };
    if (!lines.includes(line)) {
      if (lines.length === LABEL_LINES) continue;
      lines.push(line);
    }
    line.names.push(placed(h("span", {}, port), left + LABEL_PERCENT / 2));
    line.free = left + LABEL_PERCENT;
  }
  return h(
    "div",
    { class: "port-picture", "aria-hidden": "true" },
    ...lines.map(({ names }) => h("div", { class: "names" }, ...names)).reverse(),
    portStrip(range, ports),
    h("div", { class: "ticks" }, ...ticks.map(({ at, port }) => placed(h("span", {}, `${port}`), percent(at)))),
  );
}

/** The blocked parts by their port numbers, as the report has them. */
function namedMarks(range: RangeEntry, ports: string): readonly (Mark & { readonly port: string })[] {
  return (range.ports.filtered ?? "").split(",").flatMap((port) => {
    const [mark] = pictureOf({ ...range, ports: { filtered: port } }, ports).marks;
    return mark === undefined ? [] : [{ ...mark, port }];
  });
}

function placed(element: HTMLElement, percent: number): HTMLElement {
  element.style.left = `${percent}%`;
  return element;
}
