/**
 * The history on disk: every run that was a vote or was not, append-only, bounded in size. What append() resolved for is
 * there after a crash at any moment. A file begins with all that was known then, so the oldest files can go and "since
 * when" and "last pass" stay. `zcat DIR/*.jsonl.gz` shows it; history-record.ts says what stands in a line.
 */
import { mkdir, readFile, unlink } from "node:fs/promises";
import type { CellState } from "./cell.ts";
import type { HistoryConfig } from "./config.ts";
import { HistoryFile, type Listed, listFiles } from "./history-file.ts";
import { HistoryReader } from "./history-reader.ts";
import { HistoryWriter, type Lines } from "./history-writer.ts";
import type { RunRecord } from "./run-record.ts";
import type { CellStates } from "./states.ts";

/** A new file is begun when one has an eighth of the room, and twice what it began with. */
const FILES = 8;
/** Or when its runs have so many results: the agent reads them again when it starts, a million takes about 2 s. */
const RESULTS_A_FILE = 1_000_000;
/** Runs that may wait for the disk; more are refused, so that a disk that hangs costs no memory. */
const WAITING_RUNS = 8;
/** Schedules whose last run is kept; the one that ran longest ago goes first. */
const SCHEDULES = 100;

export interface HistoryParts {
  /** Told in whole sentences what is not as it should be and yet stops nothing. */
  say(sentence: string): void;
}

export interface History {
  /** The last run of each schedule that was read back; what was no vote is without its results. */
  readonly runs: readonly RunRecord[];
  /**
   * Keeps a run. Call it right after CellStates.apply, without waiting in between: the cells are taken as they are now.
   * Resolves when the run is on the disk. Rejects with the system's error when it is not: the agent goes on, the next
   * run is tried again and brings along what the cells became meanwhile.
   */
  append(record: RunRecord): Promise<void>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/**
 * Opens the history of a folder and puts what it knows into `states`, which must be empty. Never rejects: what cannot
 * be read is said, and what cannot be written makes append() reject.
 */
export async function openHistory(config: HistoryConfig, states: CellStates, parts: HistoryParts): Promise<History> {
  const files = await listFiles(config.dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") parts.say(`the history cannot be read: ${error.message}`);
    return [];
  });
  const found = await readBack(files, states, parts);
  return new DiskHistory(config, states, parts, found);
}

type GoOn = readonly [file: Listed, wholeBytes: number];

interface Found {
  readonly runs: ReadonlyMap<string, RunRecord>;
  readonly writer: HistoryWriter;
  /** How many results the file to go on with has after its beginning. */
  readonly results: number;
  /** The file to go on with after its whole lines; absent when a new one must be begun. */
  readonly goOn?: GoOn;
  /** Files from this number on hold what is known now. */
  readonly needed: number;
}

/** Begins with the newest file whose beginning is whole, or else with the oldest there is. */
async function readBack(files: readonly Listed[], states: CellStates, parts: HistoryParts): Promise<Found> {
  for (let start = files.length - 1; start >= 0; start--) {
    states.keepOnly(() => false);
    const said: string[] = [];
    const reader = new HistoryReader(states);
    let whole = false;
    let goOn: GoOn | undefined;
    for (const [at, file] of files.slice(start).entries()) {
      const bytes = await readFile(file.path).catch((error: Error) => {
        said.push(`a file of the history cannot be read: ${error.message}`);
        return Buffer.alloc(0);
      });
      const read = await reader.read(bytes, at === 0 ? "begin" : "goOn");
      if (at === 0) whole = read.whole;
      if (read.foreign) said.push(`${file.path} was written by another version and is left out`);
      for (const [from, to] of read.damaged) {
        said.push(`${file.path} is damaged from byte ${from} to ${to}: what stood there is left out`);
      }
      // A damaged file is ended, so that the next one holds all again.
      goOn = read.whole && read.damaged.length === 0 ? [{ ...file, bytes: bytes.length }, read.end] : undefined;
    }
    if (!whole && start > 0) continue;
    for (const sentence of said) parts.say(sentence);
    const writer = goOn === undefined ? new HistoryWriter() : new HistoryWriter(reader.known, reader.next);
    const needed = files[start]!.number;
    return { runs: reader.runs, writer, results: reader.repeats, ...(goOn !== undefined && { goOn }), needed };
  }
  return { runs: new Map(), writer: new HistoryWriter(), results: 0, needed: 0 };
}

class DiskHistory implements History {
  readonly runs: readonly RunRecord[];
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #states: CellStates;
  readonly #say: (sentence: string) => void;
  readonly #lastRuns: Map<string, RunRecord>;
  #writer: HistoryWriter;
  #file: HistoryFile | undefined;
  #goOn: GoOn | undefined;
  #needed: number;
  /** What the file began with, and how many results followed. */
  #headBytes = 0;
  #results: number;
  /** What the other files have. */
  #otherBytes = 0;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: HistoryConfig, states: CellStates, parts: HistoryParts, found: Found) {
    this.runs = [...found.runs.values()];
    this.#dir = config.dir;
    this.#maxBytes = config.maxBytes;
    this.#states = states;
    this.#say = (sentence) => parts.say(sentence);
    this.#lastRuns = new Map(found.runs);
    this.#writer = found.writer;
    this.#goOn = found.goOn;
    this.#results = found.results;
    this.#needed = found.needed;
  }

  append(record: RunRecord): Promise<void> {
    if (this.#waiting >= WAITING_RUNS) {
      return Promise.reject(new Error(`the disk is ${this.#waiting} runs behind: this one is not kept`));
    }
    // Before a run of another schedule changes them.
    const cells = this.#states.cells();
    this.#waiting++;
    const written = this.#turn.then(() => this.#write(record, cells)).finally(() => this.#waiting--);
    this.#turn = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#leaveFile();
  }

  async #write(record: RunRecord, cells: readonly CellState[]): Promise<void> {
    this.#lastRuns.delete(record.schedule);
    this.#lastRuns.set(record.schedule, record);
    for (const schedule of [...this.#lastRuns.keys()].slice(0, -SCHEDULES)) this.#lastRuns.delete(schedule);
    try {
      const file = await this.#fileWithRoom();
      if (file === undefined) await this.#begin(cells);
      else {
        await this.#goOnWith(file, await this.#writer.run(record));
        this.#results += record.document.results.length;
      }
    } catch (error) {
      await this.#leaveFile();
      throw error;
    }
  }

  /** The file to go on with, unless it is full or somebody else changed it. */
  async #fileWithRoom(): Promise<HistoryFile | undefined> {
    if (this.#goOn !== undefined) {
      const [found, wholeBytes] = this.#goOn;
      this.#goOn = undefined;
      this.#file = await HistoryFile.goOn(found, wholeBytes);
      this.#otherBytes = await this.#makeRoom(wholeBytes, found.number);
    }
    const file = this.#file;
    if (file === undefined || !(await file.isAsLeft())) return undefined;
    const full = file.bytes >= Math.max(this.#maxBytes / FILES, 2 * this.#headBytes) || this.#results >= RESULTS_A_FILE;
    return full ? undefined : file;
  }

  async #goOnWith(file: HistoryFile, lines: Lines): Promise<void> {
    if (this.#otherBytes + file.bytes + lines.bytes.length > this.#maxBytes) {
      this.#otherBytes = await this.#makeRoom(file.bytes + lines.bytes.length, file.number);
    }
    await file.append(lines.bytes);
    lines.confirm();
  }

  /** Begins a new file with all that is known, this run included. */
  async #begin(cells: readonly CellState[]): Promise<void> {
    await this.#leaveFile();
    const writer = new HistoryWriter();
    const lines = await writer.segment(this.#lastRuns.values(), cells);
    await mkdir(this.#dir, { recursive: true });
    const number = 1 + ((await listFiles(this.#dir)).at(-1)?.number ?? 0);
    await this.#makeRoom(lines.bytes.length, number);
    this.#file = await HistoryFile.create(this.#dir, number, lines.bytes);
    lines.confirm();
    this.#writer = writer;
    this.#headBytes = lines.bytes.length;
    this.#results = 0;
    this.#needed = number;
    this.#otherBytes = await this.#makeRoom(lines.bytes.length, number);
  }

  /** Removes the oldest files until `bytes` more fit, but none that holds what is known now. Gives what the others have. */
  async #makeRoom(bytes: number, writing: number): Promise<number> {
    const others = (await listFiles(this.#dir)).filter(({ number }) => number !== writing);
    let total = others.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of others) {
      if (total + bytes <= this.#maxBytes || file.number >= this.#needed) break;
      try {
        await unlink(file.path);
        total -= file.bytes;
      } catch (error) {
        this.#say(`an old file of the history cannot be removed: ${(error as Error).message}`);
      }
    }
    return total;
  }

  async #leaveFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }
}
