/** Turns runs and cells into the lines of one history file. Nothing counts as written before that is confirmed. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ResultEntry } from "../report/document.ts";
import type { CellState } from "./cell.ts";
import { cellKey } from "./cell.ts";
import { writeLine } from "./history-line.ts";
import { HISTORY_VERSION, type HistoryRecord, numbersOf, saysTheSame, storedCells } from "./history-record.ts";
import type { RunRecord } from "./run-record.ts";

/** So many results or cells are made a line in one go: each takes milliseconds, and others have their turn between. */
const CHUNK = 250;

/** A result of the last run of a schedule, as the file has it. */
export interface Numbered {
  readonly number: number;
  readonly result: ResultEntry;
}

/** What the last run of each schedule said, by schedule and cell. */
export type Known = ReadonlyMap<string, ReadonlyMap<string, Numbered>>;

export interface Lines {
  readonly bytes: Buffer;
  /** To be called when the bytes are safe: later runs build on them. */
  confirm(): void;
}

export class HistoryWriter {
  #known: Known;
  #next: number;

  /** `known` and the next free number of a file that is gone on with; nothing for a new one. */
  constructor(known: Known = new Map(), next = 1) {
    this.#known = known;
    this.#next = next;
  }

  /** The lines of one more run. */
  async run(record: RunRecord): Promise<Lines> {
    const draft = new Draft(this.#next);
    const known = await draft.run(record, this.#known.get(record.schedule));
    return this.#lines(draft, new Map(this.#known).set(record.schedule, known));
  }

  /** The lines that a new file begins with: the last run of each schedule, and every cell. */
  async segment(runs: Iterable<RunRecord>, cells: readonly CellState[]): Promise<Lines> {
    const draft = new Draft(1);
    await draft.line({ kind: "segment", version: HISTORY_VERSION });
    const known = new Map<string, ReadonlyMap<string, Numbered>>();
    for (const record of runs) known.set(record.schedule, await draft.run(record, undefined));
    await draft.cells(cells);
    return this.#lines(draft, known);
  }

  #lines(draft: Draft, known: Known): Lines {
    return {
      bytes: draft.bytes(),
      confirm: () => {
        this.#known = known;
        this.#next = draft.next;
      },
    };
  }
}

class Draft {
  next: number;
  readonly #lines: Buffer[] = [];
  /** The very objects that this draft writes: a cell's result mostly is that of the last run. */
  readonly #numbers = new Map<ResultEntry, number>();

  constructor(next: number) {
    this.next = next;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#lines);
  }

  async line(record: HistoryRecord): Promise<void> {
    this.#lines.push(await writeLine(JSON.stringify(record)));
  }

  /** A run, with those of its results that are new. What is no vote changes nothing: its results are not kept. */
  async run(
    record: RunRecord,
    before: ReadonlyMap<string, Numbered> | undefined,
  ): Promise<ReadonlyMap<string, Numbered>> {
    const { document, ...run } = record;
    const { results, ...head } = document;
    if (record.status !== "completed") {
      await this.line({ kind: "run", run, document: head, results: [] });
      return before ?? new Map();
    }
    const known = new Map<string, Numbered>();
    const numbers: number[] = [];
    const fresh: ResultEntry[] = [];
    for (const [at, result] of results.entries()) {
      if (at % CHUNK === 0) await nextTurn();
      if (result.canary === true) continue;
      const key = cellKey(result);
      const old = before?.get(key);
      const numbered = old && saysTheSame(old.result, result) ? old : { number: this.#number(result, fresh), result };
      known.set(key, numbered);
      numbers.push(numbered.number);
    }
    await this.#results(fresh);
    await this.line({ kind: "run", run, document: head, results: numbersOf(numbers) });
    return known;
  }

  async cells(cells: readonly CellState[]): Promise<void> {
    const fresh: ResultEntry[] = [];
    for (const { result } of cells) this.#number(result, fresh);
    await this.#results(fresh);
    for (let from = 0; from < cells.length; from += CHUNK) {
      await this.line(storedCells(cells.slice(from, from + CHUNK), (result) => this.#numbers.get(result)!));
    }
    await this.line({ kind: "ready", cells: cells.length });
  }

  #number(result: ResultEntry, fresh: ResultEntry[]): number {
    const known = this.#numbers.get(result);
    if (known !== undefined) return known;
    fresh.push(result);
    this.#numbers.set(result, this.next);
    return this.next++;
  }

  /** `fresh` has the numbers just below the next one. */
  async #results(fresh: readonly ResultEntry[]): Promise<void> {
    const first = this.next - fresh.length;
    for (let from = 0; from < fresh.length; from += CHUNK) {
      await this.line({ kind: "results", first: first + from, results: fresh.slice(from, from + CHUNK) });
    }
  }
}
