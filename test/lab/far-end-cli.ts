/** Responders as daemons and runs that ask them, both by the built command line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ReportDocument } from "../../src/report/document.ts";
import { type AddressPair, onLan } from "./addresses.ts";
import { type Daemon, run, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lane, listeners } from "./namespaces.ts";

/** Of the machine on which nothing but what a test starts listens: a far end that is no other test's. */
export async function ownAddress(namespace: string, host: number): Promise<AddressPair> {
  const address = onLan(host);
  await runOk(inside(namespace, ["ip", "addr", "replace", `${address.v4}/24`, "dev", "lan"]));
  await runOk(inside(namespace, ["ip", "addr", "replace", `${address.v6}/64`, "dev", "lan", "nodad"]));
  return address;
}

export interface Responding {
  readonly namespace: string;
  readonly address: string;
  readonly keyFile: string;
  readonly logFile: string;
}

/** Starts `respond`; resolves when it listens. */
export async function respond(
  { namespace, address, keyFile, logFile }: Responding,
  ...args: readonly string[]
): Promise<Daemon> {
  const at = address.includes(":") ? `[${address}]:7654` : `${address}:7654`;
  const words = ["bin/unity-probe.js", "respond", "--listen", at, "--key-file", keyFile, ...args];
  const daemon = startDaemon(`responder ${at}`, inside(namespace, [process.execPath, ...words]), logFile);
  await untilReady(daemon, async () => (await listeners(namespace)).has(`tcp/${at}`), 60_000);
  return daemon;
}

export type Result = ReportDocument["results"][number];

export interface FarEndRun {
  readonly exitCode: number;
  readonly document: ReportDocument;
  /** Rows, without canaries. */
  readonly rows: readonly Result[];
  readonly wallMs: number;
  of(check: string): Result;
}

const TIMEOUT_MS = 180_000;

function commandOf(agent: string, args: readonly string[]): readonly string[] {
  return inside(agent, [process.execPath, "bin/unity-probe.js", "-q", "-o", "json", ...args]);
}

function ranOf(exitCode: number, stdout: string, stderr: string, wallMs: number): FarEndRun {
  if (!stdout.startsWith("{")) throw new Error(`exit ${exitCode}, no document\n${stderr}`);
  const document = JSON.parse(stdout) as ReportDocument;
  const rows = document.results.filter(({ canary }) => canary !== true);
  const of = (check: string): Result => {
    const found = rows.find((one) => one.check === check);
    if (found === undefined) throw new Error(`no ${check} among ${rows.map((one) => one.check).join(", ")}`);
    return found;
  };
  return { exitCode, document, rows, wallMs, of };
}

export async function askWithFarEnd({ agent }: Lane, args: readonly string[]): Promise<FarEndRun> {
  const startedMs = performance.now();
  const { exitCode, stdout, stderr } = await run(commandOf(agent, args), { timeoutMs: TIMEOUT_MS });
  return ranOf(exitCode, stdout, stderr, performance.now() - startedMs);
}

/** The same, with something done while the far end holds ports of its own; `daemon` is that far end. */
export async function askMeanwhile(
  { agent }: Lane,
  args: readonly string[],
  daemon: Daemon,
  act: (pid: number) => void,
): Promise<FarEndRun> {
  const startedMs = performance.now();
  const [program, ...words] = commandOf(agent, args);
  const child = spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, "close");
  await untilReady(daemon, async () => readFileSync(daemon.logFile, "utf8").includes(" holds "), 60_000);
  act(child.pid!);
  const [code] = (await ended) as [number | null];
  return ranOf(code ?? -1, said.stdout, said.stderr, performance.now() - startedMs);
}
