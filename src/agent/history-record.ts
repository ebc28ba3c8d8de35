/**
 * The lines of a history file, as JSON. A file begins with everything that was known when it was begun (`segment` to
 * `ready`), so that older files can go; then one `run` follows another. Results are written when they are new or say
 * something else than before, and are numbered from 1 in each file; a run names its results by number, as pairs of a
 * first number and how many follow.
 */
import type { Outcome } from "../model/words.ts";
import type { ReportDocument, ResultEntry } from "../report/document.ts";
import type { CellState, Vote } from "./cell.ts";
import type { RunRecord } from "./run-record.ts";

export const HISTORY_VERSION = 1;

export type Numbers = readonly (readonly [first: number, count: number])[];

export type HistoryRecord =
  | { readonly kind: "segment"; readonly version: number }
  | { readonly kind: "results"; readonly first: number; readonly results: readonly ResultEntry[] }
  | {
      readonly kind: "run";
      readonly run: Omit<RunRecord, "document">;
      readonly document: Omit<ReportDocument, "results">;
      readonly results: Numbers;
    }
  | { readonly kind: "cells"; readonly times: readonly number[]; readonly cells: readonly StoredCell[] }
  | { readonly kind: "ready"; readonly cells: number };

/** A cell, its result by number, its votes as rows of letters, each from a place of `times` on. */
export interface StoredCell extends Omit<CellState, "key" | "result" | "votes"> {
  readonly result: number;
  readonly votes: readonly (readonly [from: number, letters: string])[];
}

const LETTERS: Readonly<Record<string, Outcome>> = { P: "pass", F: "fail", I: "inconclusive", E: "error" };

/** Cells with the times of their votes, each time once. */
export function storedCells(
  cells: readonly CellState[],
  numberOf: (result: ResultEntry) => number,
): HistoryRecord & { kind: "cells" } {
  const times: number[] = [];
  const placeOf = new Map<number, number>();
  const place = (atMs: number): number => {
    const known = placeOf.get(atMs);
    if (known !== undefined) return known;
    placeOf.set(atMs, times.length);
    return times.push(atMs) - 1;
  };
  const stored = cells.map(({ key: _key, result, votes, ...cell }): StoredCell => {
    const rows: [number, string][] = [];
    for (const vote of votes) {
      const from = place(vote.atMs);
      const row = rows.at(-1);
      const letter = vote.outcome[0]!.toUpperCase();
      if (row !== undefined && row[0] + row[1].length === from) row[1] += letter;
      else rows.push([from, letter]);
    }
    return { ...cell, result: numberOf(result), votes: rows };
  });
  return { kind: "cells", times, cells: stored };
}

/** The votes of stored cells. Those that had the same past share it. */
export class StoredVotes {
  readonly #times: readonly number[];
  readonly #read = new Map<string, readonly Vote[]>();

  constructor(times: readonly number[]) {
    this.#times = times;
  }

  of({ votes }: StoredCell): readonly Vote[] {
    const key = votes.join(" ");
    let read = this.#read.get(key);
    if (read === undefined) {
      read = votes.flatMap(([from, letters]) =>
        [...letters].map((letter, nth) => ({ atMs: this.#times[from + nth]!, outcome: LETTERS[letter]! })),
      );
      this.#read.set(key, read);
    }
    return read;
  }
}

/** Numbers in their order, neighbours put together. */
export function numbersOf(numbers: Iterable<number>): Numbers {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[0] + range[1] === number) range[1]++;
    else ranges.push([number, 1]);
  }
  return ranges;
}

/** Whether a result says what another said; its times, its wording and what was read may differ. */
export function saysTheSame(a: ResultEntry, b: ResultEntry): boolean {
  return (
    a.outcome === b.outcome &&
    a.state === b.state &&
    a.reason === b.reason &&
    a.serviceState === b.serviceState &&
    a.required === b.required &&
    a.expect === b.expect &&
    a.source === b.source &&
    a.seenAs === b.seenAs &&
    a.errorQueue === b.errorQueue &&
    sameParts(a.offender, b.offender) &&
    sameParts(a.warnings, b.warnings) &&
    sameParts(a.range, b.range)
  );
}

function sameParts(a: object | undefined, b: object | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b) && a.length === 0 && b.length === 0) return true;
  return JSON.stringify(a) === JSON.stringify(b);
}
