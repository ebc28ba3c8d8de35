/** Reads history files back into cells, in the order in which they were written. */
import type { ResultEntry } from "../report/document.ts";
import { type CellState, cellKey } from "./cell.ts";
import { readLines } from "./history-line.ts";
import { HISTORY_VERSION, type HistoryRecord, type Numbers, type StoredCell, StoredVotes } from "./history-record.ts";
import type { Known, Numbered } from "./history-writer.ts";
import type { RunRecord } from "./run-record.ts";
import type { CellStates } from "./states.ts";

export interface FileRead {
  /** Whether the beginning, with every cell in it, is whole. */
  readonly whole: boolean;
  /** Where the last whole line ends. */
  readonly end: number;
  /** Places that are no whole line, from and to; what a torn write left at the end is not among them. */
  readonly damaged: readonly (readonly [from: number, to: number])[];
  /** Written by another version of this program: not read. */
  readonly foreign: boolean;
}

/** How a file is taken: `begin` puts the cells of its beginning back, `goOn` only adds its runs. */
export type Taking = "begin" | "goOn";

export class HistoryReader {
  /** The last run of each schedule. */
  readonly runs = new Map<string, RunRecord>();
  readonly #states: CellStates;
  #file = new OpenFile();

  constructor(states: CellStates) {
    this.#states = states;
  }

  /** What the last file said of each schedule last, for who goes on writing it. */
  get known(): Known {
    return this.#file.known();
  }

  /** The first number that the last file has not used. */
  get next(): number {
    return this.#file.next;
  }

  /** How many results of runs follow the beginning of the last file: reading it again takes as long. */
  get repeats(): number {
    return this.#file.repeats;
  }

  /** Takes a file in. Resolves whatever its bytes are. */
  async read(bytes: Buffer, taking: Taking): Promise<FileRead> {
    const file = new OpenFile();
    this.#file = file;
    const lost: [number, number][] = [];
    let end = 0;
    for await (const line of readLines(bytes)) {
      const record = line.text === undefined ? undefined : parse(line.text);
      if (record === undefined || !this.#fits(record, file, taking)) lost.push([line.at, line.end]);
      else end = line.end;
      if (file.foreign) break;
    }
    const damaged = lost.filter(([from]) => from < end);
    return { whole: file.whole, end, damaged, foreign: file.foreign };
  }

  /** False for what does not fit its file, or has another shape than its kind says. */
  #fits(record: HistoryRecord, file: OpenFile, taking: Taking): boolean {
    try {
      return this.#take(record, file, taking);
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  #take(record: HistoryRecord, file: OpenFile, taking: Taking): boolean {
    switch (record.kind) {
      case "segment":
        file.foreign = record.version !== HISTORY_VERSION;
        return !file.foreign;
      case "results":
        file.number(record.results, record.first);
        return true;
      case "run":
        this.#run(record, file, taking);
        return true;
      case "cells": {
        const cells = file.cells(record.cells, record.times);
        if (taking === "begin") this.#states.restore(cells);
        return cells.length === record.cells.length;
      }
      case "ready":
        return file.ready(record.cells);
      default:
        return false;
    }
  }

  #run({ run, document, results }: HistoryRecord & { kind: "run" }, file: OpenFile, taking: Taking): void {
    // Without those whose line is lost: they are said already.
    const entries = file.entries(results);
    const record: RunRecord = { ...run, document: { ...document, results: entries } };
    if (run.status === "completed") file.keep(run.schedule, results);
    // The beginning of a file repeats the last run of each schedule.
    const repeated = file.begun ? false : taking === "begin" || this.runs.get(run.schedule)?.id === run.id;
    if (!repeated) this.#states.apply(record);
    if (file.begun) file.repeats += entries.length;
    this.runs.set(run.schedule, record);
  }
}

/** What has been read of one file. */
class OpenFile {
  foreign = false;
  /** Past the runs that the beginning repeats. */
  begun = false;
  /** Nothing of the beginning is missing. */
  whole = false;
  next = 1;
  repeats = 0;
  #cellsRead = 0;
  readonly #last = new Map<string, Numbers>();
  #results = new Map<number, ResultEntry>();

  number(results: readonly ResultEntry[], first: number): void {
    for (const [nth, result] of results.entries()) this.#results.set(first + nth, result);
    this.next = Math.max(this.next, first + results.length);
  }

  /** The results of these numbers, as far as they were read. */
  entries(numbers: Numbers): readonly ResultEntry[] {
    return this.#numbered(numbers).map(({ result }) => result);
  }

  /** Forgets the results that no last run of a schedule has: later runs never name them. */
  keep(schedule: string, numbers: Numbers): void {
    this.#last.set(schedule, numbers);
    if (!this.begun) return;
    const kept = [...this.#last.values()].flatMap((last) => this.#numbered(last));
    if (this.#results.size < 2 * kept.length + 1_000) return;
    this.#results = new Map(kept.map(({ number, result }) => [number, result]));
  }

  /** Cells as they were, without those whose result is lost. */
  cells(cells: readonly StoredCell[], times: readonly number[]): readonly CellState[] {
    this.begun = true;
    const votes = new StoredVotes(times);
    const read = cells.flatMap((cell) => {
      const result = this.#results.get(cell.result);
      return result === undefined ? [] : [{ ...cell, key: cellKey(result), result, votes: votes.of(cell) }];
    });
    this.#cellsRead += read.length;
    return read;
  }

  /** The beginning ends here, and had so many cells. */
  ready(cells: number): boolean {
    this.begun = true;
    this.whole = this.#cellsRead === cells;
    return true;
  }

  known(): Known {
    return new Map([...this.#last].map(([schedule, numbers]) => [schedule, byKey(this.#numbered(numbers))]));
  }

  #numbered(numbers: Numbers): readonly Numbered[] {
    const numbered: Numbered[] = [];
    for (const [first, count] of numbers) {
      const end = Math.min(first + count, this.next);
      for (let number = first; number < end; number++) {
        const result = this.#results.get(number);
        if (result !== undefined) numbered.push({ number, result });
      }
    }
    return numbered;
  }
}

function byKey(numbered: readonly Numbered[]): ReadonlyMap<string, Numbered> {
  return new Map(numbered.map((entry) => [cellKey(entry.result), entry]));
}

/** A line as a record; undefined for what is no JSON object of a kind. */
function parse(text: string): HistoryRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "kind" in value ? (value as HistoryRecord) : undefined;
  } catch {
    return undefined;
  }
}
