/** Runs tools side by side and writes down what they cost and what they got wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../median.ts";
import type { Tool } from "./contenders.ts";
import { type Measured, measure } from "./measured.ts";
import type { Network } from "./network.ts";

export interface Entry {
  readonly tool: Tool;
  readonly runs: readonly Measured[];
  /** Of each run. */
  readonly wrong: readonly number[];
}

export interface Round {
  readonly ports: string;
  readonly repeats: number;
  /** A tool that takes longer is ended. */
  readonly limitS: number;
  /** Quiet before each run. */
  readonly pauseS?: number;
  /** How many ports were called something else than they are. */
  wrong(said: ReadonlyMap<number, string>): number;
}

/** Every tool as often as wanted, in turns, so that a busy machine slows all of them alike. */
export async function compare(network: Network, tools: readonly Tool[], round: Round): Promise<readonly Entry[]> {
  const runs = tools.map((): Measured[] => []);
  for (let repeat = 0; repeat < round.repeats; repeat++) {
    for (const [at, tool] of tools.entries()) {
      // What was ended once is ended again.
      if (runs[at]!.some(({ finished }) => !finished)) continue;
      await sleep((round.pauseS ?? 0) * 1_000);
      runs[at]!.push(await measure(network, tool.argv(network, round.ports), round.limitS));
    }
  }
  return tools.map((tool, at) => ({
    tool,
    runs: runs[at]!,
    wrong: runs[at]!.map(({ finished, stdout }) => (finished ? round.wrong(tool.read(stdout)) : Number.NaN)),
  }));
}

export const HEAD = `${"".padEnd(52)}   wall s  (spread)       CPU s  memory MB  packets  wrong cells`;

export function lineOf({ tool, runs, wrong }: Entry): string {
  const walls = runs.map(({ wallS }) => wallS);
  if (runs.some(({ finished }) => !finished)) return `${tool.name.padEnd(52)}   ended after ${walls[0]!.toFixed(0)} s`;
  const of = (what: (run: Measured) => number, digits: number) => median(runs.map(what)).toFixed(digits);
  const spread = `(${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)})`;
  return [
    tool.name.padEnd(52),
    of(({ wallS }) => wallS, 2).padStart(8),
    spread.padEnd(14),
    of(({ cpuS }) => cpuS, 2).padStart(7),
    of(({ memoryMb }) => memoryMb, 0).padStart(10),
    of(({ packets }) => packets, 0).padStart(8),
    `  ${wrong.join(", ")}`,
  ].join(" ");
}

/** One run's wall time over another's, medians, beside what it should be. */
export function ratio(ours: Entry, theirs: Entry, aim: number): string {
  const wall = ({ runs }: Entry) => median(runs.map(({ wallS }) => wallS));
  const bound = theirs.runs.some(({ finished }) => !finished) ? "below " : "";
  const missed = wall(ours) / wall(theirs) > aim ? "  MISSED" : "";
  return `  ${ours.tool.name} : ${theirs.tool.name} = ${bound}${(wall(ours) / wall(theirs)).toFixed(2)} (aim ${aim})${missed}`;
}
