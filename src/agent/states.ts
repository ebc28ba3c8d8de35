/**
 * What the cells of the matrix are, over all runs: votes in, published outcomes and their changes out.
 *
 * A run that was cut off or interrupted is no vote, nor is a row that was skipped or not due: its cell keeps its result
 * and the age of it. A name without an address is a vote `error` for every address that the host is known to have. A
 * lead has an outcome only for as long as the row that announced it announces it. What is absent from ten runs of its
 * schedule is forgotten, so memory is bounded by the size of a run.
 */
import type { Outcome } from "../model/words.ts";
import type { ResultEntry } from "../report/document.ts";
import type { CellState, Transition, Vote } from "./cell.ts";
import { cellKey, HISTORY_VOTES } from "./cell.ts";
import type { Damping } from "./config.ts";
import { beganMs, isFlapping, settle } from "./damping.ts";
import type { RunRecord } from "./run-record.ts";

/** In so many runs of its schedule a cell may be absent, or skipped though not for being too early. */
export const FORGOTTEN_AFTER_RUNS = 10;

const NO_VOTES: readonly Vote[] = [];

export class CellStates {
  #damping: Damping;
  /** In the order in which they were met. */
  readonly #cells = new Map<string, CellState>();
  /** For how many runs a cell has not been asked; one that is asked, or merely not due, is not among them. */
  readonly #unaskedRuns = new Map<string, number>();

  constructor(damping: Damping) {
    this.#damping = checked(damping);
  }

  /** Another damping from the next run on. */
  set damping(damping: Damping) {
    this.#damping = checked(damping);
  }

  /** Takes a run in. Gives what changed, in the order of the run's results. */
  apply(record: RunRecord): readonly Transition[] {
    if (record.status !== "completed") return [];
    const run = new RunVotes(record, this.#cells);
    const transitions: Transition[] = [];
    for (const entry of record.document.results) {
      if (entry.canary === true) continue;
      for (const { key, result, before } of run.meant(entry)) {
        const after = isVote(result.outcome) ? this.#vote(key, result, before, run) : this.#unasked(key, result, run);
        if (after === undefined) continue;
        this.#cells.set(key, after);
        const transition = transitionOf(before, after, record);
        if (transition !== undefined) transitions.push(transition);
      }
    }
    for (const key of run.resolved) this.#forget(key);
    for (const cell of this.#cells.values()) {
      if (run.met.has(cell.key)) continue;
      const announcer = run.announcerOf(cell);
      // It could not announce anything: what it announced before keeps its age, as it does itself.
      if (announcer?.reason === "not-due") continue;
      if (cell.schedule === record.schedule && this.#unaskedAgain(cell.key)) this.#forget(cell.key);
      else if (announcer !== undefined && isVote(announcer.outcome) && cell.votes.length > 0) {
        const after = withdrawn(cell, run.atMs);
        this.#cells.set(cell.key, after);
        const transition = transitionOf(cell, after, record);
        if (transition !== undefined) transitions.push(transition);
      }
    }
    return transitions;
  }

  /** Every cell, in the order in which they were first met. The states themselves never change. */
  cells(): readonly CellState[] {
    return [...this.#cells.values()];
  }

  /** Puts cells back as they were; one that is there is replaced. */
  restore(cells: Iterable<CellState>): void {
    for (const cell of cells) this.#cells.set(cell.key, cell);
  }

  /** After a reload: forgets what the configuration no longer has. */
  keepOnly(wanted: (cell: CellState) => boolean): void {
    for (const cell of this.#cells.values()) if (!wanted(cell)) this.#forget(cell.key);
  }

  #vote(key: string, result: ResultEntry, before: CellState | undefined, run: RunVotes): CellState {
    this.#unaskedRuns.delete(key);
    const { atMs } = run;
    const votes = run.votesAfter(before?.votes ?? NO_VOTES, result.outcome);
    const unspent = (before?.unspentVotes ?? 0) + 1;
    const was = before?.settled === true ? before.published : undefined;
    const settled = settle(was, votes, unspent, this.#damping);
    const published = settled.published ?? result.outcome;
    const lastPassMs = result.outcome === "pass" ? atMs : before?.lastPassMs;
    return {
      key,
      schedule: run.schedule,
      published,
      settled: settled.published !== undefined,
      sinceMs: Math.min(atMs, before?.published === published ? before.sinceMs : newSinceMs(was, published, votes)),
      ...(lastPassMs !== undefined && { lastPassMs: Math.min(atMs, lastPassMs) }),
      flapping: isFlapping(votes, before?.flapping ?? false),
      result,
      // A history that is read back gives the very same object for as long as nothing new was kept.
      resultMs: before?.result === result ? before.resultMs : atMs,
      votes,
      unspentVotes: settled.spent ? 0 : Math.min(unspent, HISTORY_VOTES),
    };
  }

  /** What becomes of the cell of a row that was not asked; undefined when nothing does. */
  #unasked(key: string, result: ResultEntry, run: RunVotes): CellState | undefined {
    const before = this.#cells.get(key);
    if (before !== undefined && before.votes.length > 0) {
      if (before.schedule !== run.schedule) return undefined;
      if (result.reason === "not-due") this.#unaskedRuns.delete(key);
      if (result.reason === "not-due" || !this.#unaskedAgain(key)) return undefined;
      this.#unaskedRuns.delete(key);
    }
    return {
      key,
      schedule: run.schedule,
      published: "skipped",
      settled: false,
      sinceMs: before?.published === "skipped" ? Math.min(before.sinceMs, run.atMs) : run.atMs,
      ...(before?.lastPassMs !== undefined && { lastPassMs: before.lastPassMs }),
      flapping: false,
      result,
      resultMs: run.atMs,
      votes: [],
      unspentVotes: 0,
    };
  }

  /** Counts one more run; true when they are enough. */
  #unaskedAgain(key: string): boolean {
    const runs = (this.#unaskedRuns.get(key) ?? 0) + 1;
    this.#unaskedRuns.set(key, runs);
    return runs >= FORGOTTEN_AFTER_RUNS;
  }

  #forget(key: string): void {
    this.#cells.delete(key);
    this.#unaskedRuns.delete(key);
  }
}

function checked(damping: Damping): Damping {
  if (damping.need >= 1 && damping.need <= damping.of && damping.of <= HISTORY_VOTES) return damping;
  throw new RangeError(`${damping.need} of ${damping.of} is no damping`);
}

/** A new outcome began with the first of an unbroken row of votes: those that say so, or contradict the one before. */
function newSinceMs(was: Outcome | undefined, published: Outcome, votes: readonly Vote[]): number {
  const says = votes.at(-1)!.outcome === published;
  return beganMs(votes, (outcome) => (says ? outcome === published : outcome !== was));
}

function isVote(outcome: Outcome): boolean {
  return outcome !== "skipped" && outcome !== "planned";
}

/** The cell of a lead that the run which asked its row did not hear of: nobody can say any more how it is. */
function withdrawn(cell: CellState, atMs: number): CellState {
  const { offender: _offender, rttMs: _rttMs, range: _range, seenAs: _seenAs, ...asked } = cell.result;
  const seen = `${asked.outcome} at ${new Date(cell.resultMs).toISOString()}`;
  return {
    ...cell,
    published: "skipped",
    settled: false,
    sinceMs: atMs,
    flapping: false,
    result: {
      ...asked,
      ...{ state: null, reason: null, serviceState: null, outcome: "skipped", evidence: {}, warnings: [], attempts: 0 },
      detail: `no longer announced by ${asked.via}; last seen ${seen}: ${asked.detail}`,
    },
    resultMs: atMs,
    votes: [],
    unspentVotes: 0,
  };
}

/** A settled outcome that is new, or one that was given up. */
function transitionOf(before: CellState | undefined, after: CellState, record: RunRecord): Transition | undefined {
  const from = before?.settled === true ? before.published : undefined;
  const to = after.settled ? after.published : undefined;
  if (from === to) return undefined;
  return { ...(from !== undefined && { from }), cell: after, atMs: record.startedAtMs, runId: record.id };
}

interface Meant {
  readonly key: string;
  readonly result: ResultEntry;
  /** The cell as it was before this run; an address that is new begins as the host was without one. */
  readonly before: CellState | undefined;
}

/** Which cells the results of one run speak of. */
class RunVotes {
  readonly atMs: number;
  readonly schedule: string;
  /** The cells that the run spoke of, by their keys, with what it said: as asked or as skipped. */
  readonly met = new Map<string, ResultEntry>();
  /** Keys of cells without an address whose host has one now. */
  readonly resolved = new Set<string>();
  readonly #cells: ReadonlyMap<string, CellState>;
  /** By the votes before and the newest outcome: thousands of cells that had the same past share it. */
  readonly #votesAfter = new Map<readonly Vote[], Map<Outcome, readonly Vote[]>>();
  readonly #anyNameless: boolean;
  #addressed: ReadonlyMap<string, readonly CellState[]> | undefined;

  constructor(record: RunRecord, cells: ReadonlyMap<string, CellState>) {
    this.atMs = record.startedAtMs;
    this.schedule = record.schedule;
    this.#cells = cells;
    this.#anyNameless = [...cells.values()].some(({ result }) => result.address === null);
  }

  /** The votes of a cell with one more of this run. */
  votesAfter(before: readonly Vote[], outcome: Outcome): readonly Vote[] {
    const byOutcome = this.#votesAfter.get(before) ?? new Map<Outcome, readonly Vote[]>();
    const known = byOutcome.get(outcome);
    if (known !== undefined) return known;
    const votes = [...before.slice(1 - HISTORY_VOTES), { atMs: this.atMs, outcome }];
    this.#votesAfter.set(before, byOutcome.set(outcome, votes));
    return votes;
  }

  /** The cells that a result stands for: its own, or without an address those of all known addresses of the host. */
  meant(entry: ResultEntry): readonly Meant[] {
    const meant = entry.address === null ? this.#ofEveryAddress(entry) : [this.#ofOneAddress(entry)];
    for (const { key, result } of meant) this.met.set(key, result);
    return meant;
  }

  /** What the run said of the row whose reply had announced the cell of a lead; undefined for any other cell. */
  announcerOf({ result: { via, profile, host, address, direction } }: CellState): ResultEntry | undefined {
    return via === undefined ? undefined : this.met.get(cellKey({ profile, check: via, host, address, direction }));
  }

  #ofOneAddress(entry: ResultEntry): Meant {
    const key = cellKey(entry);
    const nameless = this.#anyNameless ? rowKey(entry) : "";
    const withoutAddress = this.#cells.get(nameless);
    if (withoutAddress !== undefined) this.resolved.add(nameless);
    return { key, result: entry, before: this.#cells.get(key) ?? withoutAddress };
  }

  #ofEveryAddress(entry: ResultEntry): readonly Meant[] {
    const key = rowKey(entry);
    this.#addressed ??= addressedByRow(this.#cells.values());
    const known = this.#addressed.get(key) ?? [];
    if (known.length === 0) return [{ key, result: entry, before: this.#cells.get(key) }];
    return known.map((cell) => ({
      key: cell.key,
      result: { ...entry, address: cell.result.address },
      before: cell,
    }));
  }
}

/** The cells that have an address, by the key that they would have without. */
function addressedByRow(cells: Iterable<CellState>): ReadonlyMap<string, readonly CellState[]> {
  const byRow = new Map<string, CellState[]>();
  for (const cell of cells) {
    if (cell.result.address === null) continue;
    const key = rowKey(cell.result);
    const alike = byRow.get(key);
    if (alike === undefined) byRow.set(key, [cell]);
    else alike.push(cell);
  }
  return byRow;
}

/** The key of a row at a host, whatever its address: that of the cell without one. */
function rowKey({ profile, check, host, direction }: ResultEntry): string {
  return cellKey({ profile, check, host, direction, address: null });
}
