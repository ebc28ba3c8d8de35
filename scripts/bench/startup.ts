/**
 * What a start of the command costs, as a ratio to a bare start of Node. The repeats are interleaved, so that a busy
 * machine slows all of them alike.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./median.ts";

const REPEATS = 20;
const command = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));

/** Nothing listens on tcp/389 here, as a rule: the row ends with the refusal. */
const ONE_ROW = ["--profile", "failover-secondary", "--host", "127.0.0.1", "--only", "tcp/389"];

const CASES: readonly { readonly name: string; readonly argv: readonly string[]; readonly aim?: number }[] = [
  { name: "node -e 0", argv: ["-e", "0"] },
  { name: "--version", argv: [command, "--version"], aim: 1.15 },
  { name: "--help", argv: [command, "--help"] },
  { name: "profiles list", argv: [command, "profiles", "list"] },
  { name: "plan, one row", argv: [command, "plan", ...ONE_ROW] },
  { name: "run, one row", argv: [command, ...ONE_ROW], aim: 2.5 },
];

function durationMs(argv: readonly string[]): number {
  const startedMs = performance.now();
  const ended = spawnSync(process.execPath, argv, { stdio: "ignore", timeout: 60_000 });
  if (ended.error !== undefined) throw ended.error;
  return performance.now() - startedMs;
}

/** Measures, and gives the table as text. */
export function benchStartup(): string {
  const samples = CASES.map((): number[] => []);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [at, { argv }] of CASES.entries()) samples[at]!.push(durationMs(argv));
  }
  const bareMs = median(samples[0]!);
  const lines = CASES.map(({ name, aim }, at) => {
    const ms = median(samples[at]!);
    const aimed = aim === undefined ? "" : `  (aim: ${aim})`;
    return `${name.padEnd(16)}${ms.toFixed(0).padStart(5)} ms  ${(ms / bareMs).toFixed(2)} x${aimed}\n`;
  });
  return `Node ${process.versions.node}, median of ${REPEATS}\n${lines.join("")}`;
}
