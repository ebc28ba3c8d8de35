/**
 * The profile `failover-secondary` without its UDP range against `nmap -n -Pn -sS -sU` on the same ports, in the lab: a
 * real domain controller, with a host's own ICMP rate limit, behind a router that lets everything pass. Needs what the
 * lab needs (Linux, root, Samba, ...) and nmap. The repeats are interleaved.
 *
 * Two more pairs put the ratio in its place: without udp/138, which is never answered, so that waiting for it is most
 * of a run; and nmap on the whole profile, because its UDP range is what keeps nmap waiting.
 */
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import type { ReportDocument } from "../../src/report/document.ts";
import { DC } from "../../test/lab/addresses.ts";
import { run, runOk } from "../../test/lab/command.ts";
import setUpLab from "../../test/lab/global-setup.ts";
import { inside, type Lab, setIcmpLimit } from "../../test/lab/namespaces.ts";
import { DCOM_UDP, type LabRow, NETBIOS_DATAGRAM, ROWS } from "../../test/lab/rows.ts";
import { median } from "./median.ts";

const REPEATS = 3;
const AIM = 0.25;
const TIMEOUT_MS = 120_000;

const command = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));

interface Case {
  readonly name: string;
  readonly tool: (agent: string, leftOut: readonly LabRow[]) => Promise<Run>;
  readonly leftOut: readonly LabRow[];
}

interface Run {
  readonly wallMs: number;
  /** Rows and ports of which it could not say whether anything is there. */
  readonly undecided: readonly string[];
}

const PROFILE = { name: "unity-probe", tool: runOurs, leftOut: [DCOM_UDP] };
const SAME_PORTS = { name: "nmap, the same ports", tool: runNmap, leftOut: [DCOM_UDP] };
const ANSWERED = { name: "unity-probe, without udp/138", tool: runOurs, leftOut: [DCOM_UDP, NETBIOS_DATAGRAM] };
const SAME_ANSWERED = { name: "nmap, the same ports", tool: runNmap, leftOut: [DCOM_UDP, NETBIOS_DATAGRAM] };
const WHOLE = { name: "nmap, the whole profile", tool: runNmap, leftOut: [] };

const CASES: readonly Case[] = [PROFILE, SAME_PORTS, ANSWERED, SAME_ANSWERED, WHOLE];
const RATIOS = [
  [PROFILE, SAME_PORTS],
  [ANSWERED, SAME_ANSWERED],
  [PROFILE, WHOLE],
] as const;

async function runOurs(agent: string, leftOut: readonly LabRow[]): Promise<Run> {
  const skip = leftOut.flatMap(({ transport, ports }) => ["--skip", `${transport}/${ports}`]);
  const argv = [process.execPath, command, "--profile", "failover-secondary", "--host", DC.v4, ...skip, "-o", "json"];
  const startedMs = performance.now();
  const { stdout } = await run(inside(agent, argv), { timeoutMs: TIMEOUT_MS });
  const wallMs = performance.now() - startedMs;
  const { results } = JSON.parse(stdout) as ReportDocument;
  const rows = results.filter(({ canary, via, outcome }) => !canary && via === undefined && outcome !== "skipped");
  const undecided = rows.filter(({ outcome }) => outcome !== "pass" && outcome !== "fail");
  return { wallMs, undecided: undecided.map(({ transport, ports }) => `${transport}/${ports}`) };
}

async function runNmap(agent: string, leftOut: readonly LabRow[]): Promise<Run> {
  const rows = ROWS.filter((row) => !leftOut.includes(row));
  const ports = rows.map(({ transport, ports }) => `${transport === "tcp" ? "T" : "U"}:${ports}`).join(",");
  const startedMs = performance.now();
  const argv = ["nmap", "-n", "-Pn", "-sS", "-sU", "-p", ports, "-oG", "-", DC.v4];
  const grepable = await runOk(inside(agent, argv), { timeoutMs: TIMEOUT_MS });
  const wallMs = performance.now() - startedMs;
  const undecided = [...grepable.matchAll(/(\d+)\/open\|filtered\/(tcp|udp)/g)];
  return { wallMs, undecided: undecided.map(([, port, transport]) => `${transport}/${port}`) };
}

/** As the tests have it: brought up by the same code, which hands over the lab through vitest. */
async function withLab<T>(use: (lab: Lab) => Promise<T>): Promise<T> {
  let lab: Lab | undefined;
  const provide = (_name: string, value: unknown): void => {
    lab = value as Lab;
  };
  const takeDown = await setUpLab({ provide } as unknown as TestProject);
  try {
    return await use(lab!);
  } finally {
    await takeDown();
  }
}

/** Measures, and gives the table as text. Rejects with what is missing where the lab or nmap is not to be had. */
export async function benchProfile(): Promise<string> {
  const version = await run(["nmap", "--version"]).catch(() => undefined);
  const nmap = /^Nmap version (\S+)/m.exec(version?.stdout ?? "")?.[1];
  if (nmap === undefined) throw new Error("missing: the program nmap (Debian package nmap)");
  return withLab(async ({ dc, lanes: [lane] }) => {
    await setIcmpLimit(dc, "default");
    const runs = new Map(CASES.map((each): [Case, Run[]] => [each, []]));
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [{ tool, leftOut }, done] of runs) done.push(await tool(lane!.agent, leftOut));
    }
    const head = `Node ${process.versions.node}, nmap ${nmap}, failover-secondary without udp/5000-5020, median of ${REPEATS}`;
    return [head, ...[...runs].map(lineOf), ...RATIOS.map((pair) => ratioOf(pair, runs)), ""].join("\n");
  });
}

function lineOf([{ name }, runs]: readonly [Case, readonly Run[]]): string {
  const wallsS = runs.map(({ wallMs }) => wallMs / 1000);
  const spread = `${Math.min(...wallsS).toFixed(2)}-${Math.max(...wallsS).toFixed(2)}`;
  // What one run leaves undecided another may not: nmap's luck with a range hangs on the ICMP rate limit.
  const undecided = runs.map((each) => each.undecided.length);
  const names = runs.at(-1)!.undecided.length > 5 ? "" : ` (${runs.at(-1)!.undecided.join(", ")})`;
  return `${name.padEnd(30)}${median(wallsS).toFixed(2).padStart(5)} s (${spread})  undecided: ${undecided.join(", ")}${names}`;
}

function ratioOf([ours, theirs]: readonly [Case, Case], runs: ReadonlyMap<Case, readonly Run[]>): string {
  const wallMs = (of: Case): number => median(runs.get(of)!.map((each) => each.wallMs));
  return `${ours.name} : ${theirs.name}  ${(wallMs(ours) / wallMs(theirs)).toFixed(2)}  (aim: ${AIM})`;
}
