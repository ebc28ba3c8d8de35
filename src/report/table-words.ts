/** What a cell and its explanation say, shared by the list of rows and the grid. */
import { styleText } from "node:util";
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "./document.ts";
import type { RenderOptions } from "./renderer.ts";
import { pad, widthOf } from "./text-layout.ts";

/** Outcomes as words of one width: colour repeats them, it never stands for them. */
const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "PASS",
  fail: "FAIL",
  inconclusive: "????",
  skipped: "SKIP",
  error: "ERR",
  planned: "PLAN",
};

export const WORD_WIDTH = 4;

const COLORS: Partial<Record<Outcome, "green" | "red" | "yellow">> = {
  pass: "green",
  fail: "red",
  inconclusive: "yellow",
  error: "yellow",
};

/** The word of an outcome, filled to `width`; in round brackets where the result moves no exit code. */
export function outcomeWord(outcome: Outcome, { color }: RenderOptions, width = WORD_WIDTH, bracketed = false): string {
  const word = bracketed ? `(${WORDS[outcome]})` : WORDS[outcome];
  const style = COLORS[outcome];
  // The stream is not asked: whoever renders has decided about colour, and the text may go into a file.
  const shown = color && style !== undefined ? styleText(style, word, { validateStream: false }) : word;
  return shown + pad("", width - widthOf(word));
}

/** `tcp/88`; a lead bears an arrow, because it hangs on the row above. */
export function endpointText({ transport, ports, via }: ResultEntry): string {
  return `${via === undefined ? "" : "-> "}${transport}/${ports}`;
}

/** The detail with what must be known to read it: what does not count, and where it was really sent. */
export function detailText(result: ResultEntry, { endpointNote }: RenderOptions): string {
  const note = endpointNote?.(result);
  return withUncounted(result) + (note === undefined || note === "" ? "" : ` [${note}]`);
}

/** Says of a result that did not pass why it moves no exit code; inside the brackets of the state where it has some. */
function withUncounted(result: ResultEntry): string {
  const { detail, group, state } = result;
  if (!isUncounted(result)) return detail;
  const why = group === undefined ? "not required" : `one of the group ${group} is enough`;
  return detail.endsWith(`(${state})`) ? `${detail.slice(0, -1)}, ${why})` : `${detail} (${why})`;
}

/** Asked, did not pass, and moves no exit code of itself. */
export function isUncounted({ required, outcome, canary }: ResultEntry): boolean {
  if (required || canary === true) return false;
  return outcome === "fail" || outcome === "inconclusive" || outcome === "error";
}

/** Canaries are shown where they say something: that the network accepts for the host. */
export function isShown({ canary, reason }: ResultEntry, { verbose }: RenderOptions): boolean {
  return canary !== true || reason === "accept-unreliable" || verbose === true;
}

/** For `--verbose`: how the result came about, then the facts that were read. */
export function factsText(result: ResultEntry): string {
  const { state, reason, serviceState, prober, expect, attempts, timeoutMs, firstTry, seed, evidence } = result;
  const facts: readonly (readonly [string, unknown])[] = [
    ["state", state],
    ["reason", reason],
    ["service", serviceState],
    ["expected", expect],
    ["prober", prober],
    ["attempts", attempts === 0 ? null : `${attempts}${firstTry ? "" : ", the first send did not decide"}`],
    ["time-out", timeoutMs === 0 ? null : `${timeoutMs} ms`],
    ["document", seed === undefined ? null : `${seed.document} line ${seed.line}`],
  ];
  return [...facts.filter(([, value]) => value !== null), ...Object.entries(evidence)]
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(",") : value}`)
    .join("; ");
}

/** `0.4 ms`, `2 ms`, `412 ms`: a tenth only where it matters. */
export function rttText(rttMs: number | undefined): string {
  if (rttMs === undefined) return "";
  return `${rttMs < 10 ? rttMs : Math.round(rttMs)} ms`;
}
