/** States with a history, as the agent puts them together, and what can be said of both. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { CellState, Transition } from "../../src/agent/cell.ts";
import { type History, openHistory } from "../../src/agent/history.ts";
import { listFiles } from "../../src/agent/history-file.ts";
import type { RunRecord } from "../../src/agent/run-record.ts";
import { CellStates } from "../../src/agent/states.ts";
import type { Outcome } from "../../src/model/words.ts";
import { entry, record } from "./sample-record.ts";

export interface Kept {
  readonly states: CellStates;
  readonly history: History;
  /** What the history complained of. */
  readonly said: string[];
  /** A run, through the states to the disk. */
  note(record: RunRecord): Promise<readonly Transition[]>;
}

export async function open(dir: string, maxBytes = 1_000_000): Promise<Kept> {
  const states = new CellStates({ need: 2, of: 3 });
  const said: string[] = [];
  const history = await openHistory({ dir, maxBytes }, states, { say: (sentence) => said.push(sentence) });
  return {
    states,
    history,
    said,
    async note(record) {
      const transitions = states.apply(record);
      await history.append(record);
      return transitions;
    },
  };
}

/** What a folder says to who opens it next. Leaves it as it is. */
export async function reopened(dir: string): Promise<Kept> {
  const kept = await open(dir);
  await kept.history.close();
  return kept;
}

/** What must be the same after a restart: all but the wording and the age of a result that said nothing new. */
export function essence(cells: readonly CellState[]): unknown {
  return cells.map(({ resultMs: _resultMs, result, ...cell }) => {
    const { outcome, state, reason, address, warnings } = result;
    return { ...cell, outcome, state, reason, address, warnings };
  });
}

/** The newest file: its path and its bytes. */
export async function newestFile(dir: string): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const { path } = (await listFiles(dir)).at(-1)!;
  return { path, bytes: await readFile(path) };
}

/** The lines of every file, as `zcat` gives them. */
export async function zcat(dir: string): Promise<readonly { readonly kind: string; readonly run?: { id: string } }[]> {
  const texts = await Promise.all(
    (await listFiles(dir)).map(async ({ path }) => (await promisify(gunzip)(await readFile(path))).toString()),
  );
  return texts.flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line));
}

/** A folder inside, that is not there yet. */
export const folderIn = (folder: string): string => join(folder, "history");

/** A second row, beside Kerberos. */
export const LDAP = { check: "ldap/tcp/389", service: "LDAP", ports: "389" };
const LETTERS: Readonly<Record<string, Outcome>> = {
  P: "pass",
  F: "fail",
  E: "error",
  I: "inconclusive",
  S: "skipped",
};
/** A run for each letter, of Kerberos; LDAP always passes. */
export const runOf = (letter: string, run: number) => record(run, [entry(LETTERS[letter]!), entry("pass", LDAP)]);

/** Takes in a run for each letter. */
export async function noteAll(kept: Kept, letters: string, first = 0): Promise<void> {
  for (const [nth, letter] of [...letters].entries()) await kept.note(runOf(letter, first + nth));
}
