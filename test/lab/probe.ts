/** The product as its user runs it: the built command line, inside an agent's namespace. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { type CommandResult, run } from "./command.ts";
import { expectedExitCode, type Matrix } from "./expectations.ts";
import { expectSameInEveryFormat, formatArguments, readFormats } from "./formats.ts";
import { inside, type Lane } from "./namespaces.ts";
import { seenMatrix } from "./seen.ts";

export interface ProbeRun {
  readonly lane: Lane;
  readonly exitCode: number;
  readonly document: ReportDocument;
  readonly stderr: string;
  readonly wallMs: number;
}

/** Longer than any run may take; a run that reaches it hangs. */
const TIMEOUT_MS = 180_000;

/** The argument vector that asks a host for the profile `failover-secondary` from an agent. */
export function probeCommand({ agent }: Lane, host: string, args: readonly string[]): readonly string[] {
  const words = ["bin/unity-probe.js", "--profile", "failover-secondary", "--host", host, ...args];
  return inside(agent, [process.execPath, ...words]);
}

/** Runs it as it stands. `env` is added to our own environment. */
export function runProbe(
  lane: Lane,
  host: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  return run(probeCommand(lane, host, args), { timeoutMs: TIMEOUT_MS, env });
}

/** Runs it in every format, holds them against each other, and reads the JSON document. */
export async function probe(lane: Lane, host: string, ...args: readonly string[]): Promise<ProbeRun> {
  return probeWith({}, lane, host, ...args);
}

/** The same with more variables in its environment. */
export async function probeWith(
  env: NodeJS.ProcessEnv,
  lane: Lane,
  host: string,
  ...args: readonly string[]
): Promise<ProbeRun> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-run-"));
  try {
    const startedMs = performance.now();
    const result = await runProbe(lane, host, [...args, "-o", "json", ...formatArguments(folder)], env);
    const wallMs = performance.now() - startedMs;
    const document = parseDocument(result);
    expectSameInEveryFormat(await readFormats(folder), document);
    return { lane, exitCode: result.exitCode, document, stderr: result.stderr, wallMs };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function parseDocument({ exitCode, stdout, stderr }: CommandResult): ReportDocument {
  try {
    return JSON.parse(stdout) as ReportDocument;
  } catch {
    throw new Error(`exit ${exitCode}, no JSON document\n${stdout}\n${stderr}`);
  }
}

/** The whole matrix, cell by cell, and the exit code that it demands. */
export function expectRun({ lane, document, exitCode }: ProbeRun, matrix: Matrix): void {
  expect(seenMatrix(document, lane)).toEqual(matrix);
  expect(exitCode).toBe(expectedExitCode(matrix));
  expect(document.summary.exitCode).toBe(exitCode);
}
