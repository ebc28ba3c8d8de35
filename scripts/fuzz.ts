/**
 * `npm run fuzz [-- --seed N --runs N --only CODEC]`: every decoder of src/wire/ meets every truncation and single-byte
 * change of its messages, and then random inputs. Whatever it does but give a value or throw a WireError, or where it
 * takes too long or too much memory, is kept in test/fixtures/fuzz/. Exit code 1 when something was found.
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { CODECS } from "./fuzz/codecs.ts";
import { CORPUS, keep } from "./fuzz/corpus.ts";
import type { Found, Trial } from "./fuzz/trial.ts";
import { announced, SHARED_BYTES, type Task } from "./fuzz/worker.ts";

const DEFAULT_RUNS = 100_000;
/** An input that is still being tried after this long is taken for one that never ends. */
const ENDLESS_MS = 10_000;
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 };

interface Arguments {
  readonly seed: number;
  readonly runs: number;
  readonly codecs: readonly string[];
}

function readArguments(): Arguments {
  const string = { type: "string" } as const;
  const { values } = parseArgs({ options: { seed: string, runs: string, only: { ...string, multiple: true } } });
  const number = (name: "seed" | "runs", otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new Error(`--${name} ${values[name]}: not a whole number`);
  };
  const codecs = values.only ?? Object.keys(CODECS);
  const unknown = codecs.find((codec) => !(codec in CODECS));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: no such codec; there are ${Object.keys(CODECS).join(", ")}`);
  return { seed: number("seed", Date.now() % 2 ** 32), runs: number("runs", DEFAULT_RUNS), codecs };
}

/** What a thread of its own makes of a codec; that the thread must be stopped, or runs out of memory, is a finding. */
function fuzz(codec: string, seed: number, runs: number): Promise<Trial> {
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const task: Task = { codec, seed, runs, shared };
  const entry = new URL("./fuzz/worker-entry.mjs", import.meta.url);
  const worker = new Worker(entry, { workerData: task, resourceLimits: LIMITS });
  return new Promise((resolve, reject) => {
    const stoppedBy = (wrong: string): void => {
      const { count, bytes } = announced(shared);
      resolve({ inputs: count, slowestMs: Number.NaN, peakBytes: Number.NaN, found: [{ bytes, wrong }] });
    };
    let before = 0;
    const watch = setInterval(() => {
      const { count } = announced(shared);
      // Before the first input the thread is still loading.
      if (count > 0 && count === before) {
        stoppedBy(`does not end within ${ENDLESS_MS} ms`);
        void worker.terminate();
      }
      before = count;
    }, ENDLESS_MS);
    worker.on("message", resolve);
    worker.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ERR_WORKER_OUT_OF_MEMORY" ? stoppedBy("takes all memory") : reject(error),
    );
    worker.on("exit", () => clearInterval(watch));
  });
}

function line(codec: string, { inputs, slowestMs, peakBytes, found }: Trial): string {
  const columns = [
    `${inputs}`.padStart(9),
    slowestMs.toFixed(2).padStart(8),
    (peakBytes / 2 ** 20).toFixed(0).padStart(5),
  ];
  return `${codec.padEnd(24)}${columns[0]} inputs ${columns[1]} ms at most ${columns[2]} MiB  ${found.length} found\n`;
}

async function main(): Promise<void> {
  const { seed, runs, codecs } = readArguments();
  process.stdout.write(`seed ${seed}, ${runs} random inputs a codec beside all smallest changes\n`);
  for (const codec of codecs) {
    const trial = await fuzz(codec, seed, runs);
    process.stdout.write(line(codec, trial));
    for (const found of trial.found) report(codec, found);
  }
}

function report(codec: string, found: Found): void {
  process.stdout.write(`  ${found.wrong}\n  kept as ${relative(process.cwd(), keep(CORPUS, codec, found))}\n`);
  process.exitCode = 1;
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
