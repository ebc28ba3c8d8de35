/** Plain text in columns: wrapping, padding and counting. One character is taken to be one column wide. */
import { formatCount } from "../model/ports.ts";

/** Where a line may end: at a blank, but not at one between a number and its unit. */
const BREAK = /(?<!\d) | (?!(?:m?s\b|min\b|h\b|%))/;

/**
 * Breaks text at blanks into lines of at most `width` characters, the first of at most `firstWidth`; a longer word is
 * cut, at a comma where it has one. Gives at least one line. Widths are at least 1.
 */
export function wrap(text: string, width: number, firstWidth: number = width): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(BREAK).flatMap((each, at) => cut(each, at === 0 ? firstWidth : width))) {
    const room = lines.length === 0 ? firstWidth : width;
    if (line === "") line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Pieces of a word, each of at most `width` characters. */
function cut(word: string, width: number): readonly string[] {
  const chars = [...word];
  const pieces: string[] = [];
  while (chars.length > width) {
    const comma = chars.lastIndexOf(",", width - 1);
    pieces.push(chars.splice(0, comma > 0 ? comma + 1 : width).join(""));
  }
  return [...pieces, chars.join("")];
}

/** The number of columns that text without control characters takes. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** Text filled with blanks to `width`. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Paragraph with a first-line prefix; further lines are indented as far as the prefix reaches. */
export function hanging(prefix: string, text: string, width: number): readonly string[] {
  const indent = " ".repeat(widthOf(prefix));
  return wrap(text, Math.max(1, width - indent.length)).map((line, at) => (at === 0 ? prefix : indent) + line);
}

/** `1 packet`, `1,234 packets`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const PARTS_SHOWN = 24;

/** The beginning of a long list of ports: `22801,22810-22815 and 31 more`, where each is a port or a run of ports. */
export function shortPorts(ports: string): string {
  const parts = ports.split(",");
  if (parts.length <= PARTS_SHOWN) return ports;
  return `${parts.slice(0, PARTS_SHOWN).join(",")} and ${formatCount(parts.length - PARTS_SHOWN)} more`;
}

const UNITS = [
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
] as const;

/** `0.4 s`, `34 s`, `5.5 min`, `2.8 h`: the largest unit of which there are two. */
export function durationText(ms: number): string {
  const { name, ms: unitMs } = UNITS.find((unit) => ms >= 2 * unit.ms) ?? { name: "s", ms: 1_000 };
  return `${Math.round((ms / unitMs) * 10) / 10} ${name}`;
}
