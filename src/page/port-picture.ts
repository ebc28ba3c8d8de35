/** A range as a picture: where on an axis of the row's ports those of each state lie. */
import type { RangeEntry } from "../report/document.ts";

export const PICTURED = ["open", "closed", "filtered", "openFiltered"] as const;
export type Pictured = (typeof PICTURED)[number];

export interface PortPicture {
  /** How many ports the axis has; one unit of it is one port of the row, in the order of their numbers. */
  readonly length: number;
  readonly marks: readonly Mark[];
  /** Ports that one unit of a mark may stand for: 1, or more where the marks would be too many to draw. */
  readonly portsPerUnit: number;
  /** Numbers to write below the axis, and where. */
  readonly ticks: readonly { readonly port: number; readonly at: number }[];
}

/** Neighbours on the axis that were seen alike: from `at`, `length` units. */
export interface Mark {
  readonly at: number;
  readonly length: number;
  readonly state: Pictured;
}

/** More marks are drawn together, as the worst of them: a picture has fewer columns anyway. */
const MARKS_MAX = 1_500;
const UNITS_DRAWN = 750;
const BY_WEIGHT: readonly Pictured[] = ["filtered", "openFiltered", "open", "closed"];

interface Span {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Ports as a profile writes them, `80,443,5000-5020,16384-32766/even`; what is no port is left out. */
export function parsePorts(text: string): readonly Span[] {
  return text.split(",").flatMap((part) => {
    const match = /^(\d+)(?:-(\d+)(\/(?:even|odd))?)?$/.exec(part);
    if (match === null) return [];
    const first = Number(match[1]);
    return [{ first, last: Number(match[2] ?? first), step: match[3] === undefined ? 1 : 2 }];
  });
}

/** The picture of what a range row saw. `ports` are the row's own. */
export function pictureOf(range: RangeEntry, ports: string): PortPicture {
  const axis = axisOf(parsePorts(ports));
  const marks = PICTURED.flatMap((state) => marksOf(axis, range.ports[state] ?? "", state));
  const exact = marks.length <= MARKS_MAX;
  const portsPerUnit = exact ? 1 : Math.ceil(axis.length / UNITS_DRAWN);
  return {
    length: axis.length,
    marks: exact ? marks.sort((a, b) => a.at - b.at) : coarse(marks, portsPerUnit, axis.length),
    portsPerUnit,
    ticks: ticksOf(axis),
  };
}

interface Axis {
  readonly spans: readonly (Span & { readonly offset: number })[];
  readonly length: number;
}

function axisOf(spans: readonly Span[]): Axis {
  let length = 0;
  const placed = [...spans]
    .sort((a, b) => a.first - b.first)
    .map((span) => {
      const offset = length;
      length += Math.floor((span.last - span.first) / span.step) + 1;
      return { ...span, offset };
    });
  return { spans: placed, length };
}

/** The marks of one state; where the axis leaves ports out, neighbours on it are still one mark. */
function marksOf(axis: Axis, text: string, state: Pictured): Mark[] {
  const marks: { at: number; length: number; state: Pictured }[] = [];
  for (const { first, last } of parsePorts(text)) {
    for (const span of axis.spans) {
      const from = Math.ceil((Math.max(first, span.first) - span.first) / span.step);
      const to = Math.floor((Math.min(last, span.last) - span.first) / span.step);
      if (to < from) continue;
      const at = span.offset + from;
      const before = marks.at(-1);
      if (before !== undefined && before.at + before.length === at) before.length += to - from + 1;
      else marks.push({ at, length: to - from + 1, state });
    }
  }
  return marks;
}

function coarse(marks: readonly Mark[], unit: number, length: number): readonly Mark[] {
  const columns: (Pictured | undefined)[] = Array.from({ length: Math.ceil(length / unit) });
  for (const state of [...BY_WEIGHT].reverse()) {
    for (const mark of marks.filter((one) => one.state === state)) {
      columns.fill(state, Math.floor(mark.at / unit), Math.floor((mark.at + mark.length - 1) / unit) + 1);
    }
  }
  return columns.flatMap((state, at) => {
    if (state === undefined) return [];
    return [{ at: at * unit, length: Math.min(unit, length - at * unit), state }];
  });
}

/** The ends of the axis, and the quarters between them where there is room for more. */
function ticksOf({ spans, length }: Axis): PortPicture["ticks"] {
  if (length === 0) return [];
  const places =
    length < 5 ? [0, length - 1] : [0, 1, 2, 3, 4].map((quarter) => Math.round((quarter * (length - 1)) / 4));
  return [...new Set(places)].map((at) => {
    const span = spans.findLast(({ offset }) => offset <= at)!;
    return { at, port: span.first + (at - span.offset) * span.step };
  });
}
