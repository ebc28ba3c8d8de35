/** Commands and daemons of the lab: every wait is bounded, every failure carries what the program printed. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Added to our own environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, whatever its exit code. Rejects when it cannot start or outlives `timeoutMs`. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const [program, ...args] = argv;
  const { input = "", timeoutMs = 60_000, env = {} } = options;
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL" as const, maxBuffer: MAX_OUTPUT_BYTES };
    const settings = { ...limits, env: { ...process.env, ...env } };
    const child = execFile(program!, args, settings, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === "number") return resolve({ exitCode, stdout, stderr });
      const why = error?.killed ? `did not end within ${timeoutMs} ms` : error?.message;
      reject(new Error(`${argv.join(" ")}: ${why}\n${stdout}${stderr}`));
    });
    // A program that ends without reading its input closes the pipe; its exit code tells more than EPIPE.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/** Runs a program that has to succeed, and gives its standard output. */
export async function runOk(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv, options);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: exit ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/** A server in the foreground, its output kept in a file. It ends when its namespace is taken down. */
export interface Daemon {
  readonly name: string;
  readonly process: ChildProcess;
  readonly logFile: string;
}

export function startDaemon(name: string, argv: readonly string[], logFile: string): Daemon {
  const log = openSync(logFile, "a");
  const [program, ...args] = argv;
  return { name, process: spawn(program!, args, { stdio: ["ignore", log, log] }), logFile };
}

/** Waits until `isReady` holds. Rejects with the end of the log when the daemon ends first or the time is up. */
export async function untilReady(daemon: Daemon, isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isReady())) {
    const ended = hasEnded(daemon);
    if (!ended && Date.now() < deadline) {
      await sleep(50);
      continue;
    }
    const why = ended ? `ended with code ${daemon.process.exitCode}` : `is not ready after ${timeoutMs} ms`;
    throw new Error(`${daemon.name} ${why}\n${readFileSync(daemon.logFile, "utf8").slice(-4000)}`);
  }
}

export function hasEnded({ process }: Daemon): boolean {
  return process.exitCode !== null || process.signalCode !== null;
}

/** Ends a daemon before its namespace does; resolves when it is gone, and its files with it. */
export async function endDaemon(daemon: Daemon): Promise<void> {
  if (hasEnded(daemon)) return;
  daemon.process.kill();
  await once(daemon.process, "exit");
}
