/**
 * The agent as it runs in a container: nobody, without a capability, against the real domain controller. A firewall
 * takes the controller away and gives it back; metrics, status, history and web hook tell of it with the same times.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import type { StatusCell, StatusDocument } from "../../src/report/status-document.ts";
import { DC } from "./addresses.ts";
import { runOk } from "./command.ts";
import { ALL_PASSES, BLACK_HOLE, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { connectAgent, inside, type Lane } from "./namespaces.ts";

/** The test would run as root; the agent shall not, and needs nothing that only root may. */
const AS_NOBODY = [
  ...["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs"],
  ...["--inh-caps=-all", "--bounding-set=-all"],
];
const PORT = 9464;
const HOOK_PORT = 9999;
const EVERY_MS = 10_000;
/** A run into a black hole, until its last time-out. */
const LONGEST_RUN_MS = 30_000;
const ROW = { check: "ldap/tcp/389", host: DC.v4 };

/** The ranges would wait for minutes in a black hole; the other rows tell the story too. */
const CONFIG = `
role: unity-secondary
hosts: {domain-controller: ${DC.v4}}
schedule: {every: ${EVERY_MS / 1_000}s, profiles: [failover-secondary], skip: [DCOM RPC, NTP]}
listen: 127.0.0.1:${PORT}
history: {dir: history}
alerts: [{webhook: {url: "http://127.0.0.1:${HOOK_PORT}/hook"}}]
`;

/** Writes each body on a line. */
const RECEIVER = `
require("node:http").createServer((request, response) => {
  let body = "";
  request.on("data", (part) => { body += part; });
  request.on("end", () => { process.stdout.write(body + "\\n"); response.end(); });
}).listen(${HOOK_PORT}, "127.0.0.1");
`;

interface Alarm {
  readonly event: string;
  readonly over: boolean;
  readonly title: string;
  readonly at: string;
  readonly rows: readonly { readonly check: string; readonly badSince: string; readonly recoveredAt?: string }[];
}

interface Scene {
  readonly lane: Lane;
  readonly folder: string;
  readonly agent: ChildProcess;
  /** What the web hook got, so far. */
  alarms(): readonly Alarm[];
  /** The agent's log, so far. */
  log(): string;
}

async function withAgent(lane: Lane, work: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-agent-"));
  await chmod(folder, 0o777);
  await writeFile(join(folder, "agent.yaml"), CONFIG);
  const start = (argv: readonly string[]) => {
    const [program, ...words] = inside(lane.agent, argv);
    return spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"] });
  };
  const receiver = start([process.execPath, "-e", RECEIVER]);
  const words = ["bin/unity-probe.js", "agent", "--config", join(folder, "agent.yaml")];
  const agent = start([...AS_NOBODY, process.execPath, ...words]);
  const [bodies, log] = [textOf(receiver.stdout), textOf(agent.stderr)];
  const lines = () => bodies().split("\n").slice(0, -1);
  try {
    await work({ lane, folder, agent, alarms: () => lines().map((line) => JSON.parse(line) as Alarm), log });
  } catch (error) {
    process.stderr.write(log());
    throw error;
  } finally {
    for (const child of [agent, receiver]) {
      if (child.exitCode === null && child.kill()) await once(child, "exit");
    }
    await rm(folder, { recursive: true });
  }
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

/** What the agent answers, asked from its own machine. */
function get({ agent }: Lane, path: string): Promise<string> {
  const ask = `fetch("http://127.0.0.1:${PORT}${path}").then(async (answer) => process.stdout.write(await answer.text()))`;
  return runOk(inside(agent, [process.execPath, "-e", ask]));
}

async function statusOf(lane: Lane): Promise<StatusDocument> {
  return JSON.parse(await get(lane, "/api/v1/status")) as StatusDocument;
}

function rowIn({ cells }: StatusDocument): StatusCell {
  return cells.find(({ result }) => result.check === ROW.check && result.host === ROW.host)!;
}

/** The runs that the history holds, oldest first. */
async function historyOf(
  folder: string,
): Promise<readonly { readonly startedAtMs: number; readonly exitCode: number }[]> {
  const dir = join(folder, "history");
  const files = (await readdir(dir)).filter((name) => name.endsWith(".gz")).sort();
  const texts = await Promise.all(files.map(async (name) => gunzipSync(await readFile(join(dir, name))).toString()));
  const records = texts.flatMap((text) => text.trim().split("\n")).map((line) => JSON.parse(line));
  return records
    .filter(({ kind }) => kind === "run")
    .map(({ run, document }) => ({ startedAtMs: run.startedAtMs, exitCode: document.summary.exitCode }));
}

/** A sample of the row's, by the name of its family and what else stands in its labels. */
function sample(metrics: string, family: string, label = ""): number | undefined {
  const line = metrics
    .split("\n")
    .find((one) => one.startsWith(`${family}{`) && one.includes(`"${ROW.check}"`) && one.includes(label));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

/** Asks again until it holds, and gives what did. `expect.poll` knows one test at a time, and these go side by side. */
async function until<T>(ask: () => T | Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const lastMs = Date.now() + 6 * LONGEST_RUN_MS;
  for (;;) {
    const seen = await ask();
    if (holds(seen)) return seen;
    if (Date.now() > lastMs) throw new Error(`never came: ${JSON.stringify(seen)?.slice(0, 500)}`);
    await delay(100);
  }
}

/** Several runs have agreed that the row passes. */
async function untilWell(lane: Lane, log: () => string): Promise<void> {
  await until(log, (text) => text.includes('"a run has ended"'));
  await until(
    async () => rowIn(await statusOf(lane)),
    ({ outcome, unsettled }) => outcome === "pass" && unsettled !== true,
  );
}

describe("the agent", () => {
  test("tells one story, as nobody and without a capability", async ({ lane }) => {
    await withAgent(lane, async ({ folder, agent, alarms, log }) => {
      await untilWell(lane, log);
      const rights = await readFile(`/proc/${agent.pid}/status`, "utf8");
      expect(rights).toMatch(/^Uid:\s+65534\s+65534/m);
      expect(rights).toMatch(/^CapEff:\s+0{16}$/m);
      expect(rights).toMatch(/^CapBnd:\s+0{16}$/m);
      expect((await statusOf(lane)).runs[0]).toMatchObject({ status: "completed", summary: { exitCode: 0 } });
      expect(alarms()).toEqual([]);

      // A run has just ended, so that none sees half of it.
      const runsEnded = () => log().split('"a run has ended"').length;
      const before = runsEnded();
      await until(runsEnded, (count) => count > before);
      const cutAtMs = Date.now();
      await loadFirewall(lane, BLACK_HOLE);
      const [alarm] = (await until(alarms, ({ length }) => length === 1)) as [Alarm];
      expect(alarm).toMatchObject({ event: "alarm", over: false, title: expect.stringContaining(DC.v4) });
      expect(alarm.rows.length).toBeGreaterThan(5);
      const bad = rowIn(await statusOf(lane));
      const badSince = alarm.rows.find(({ check }) => check === ROW.check)!.badSince;
      expect(bad).toMatchObject({ outcome: "fail", since: badSince, result: { reason: "no-response" } });
      expect(Date.parse(badSince)).toBeGreaterThan(cutAtMs);
      expect(Date.parse(badSince)).toBeLessThan(cutAtMs + 2 * EVERY_MS);
      const during = await get(lane, "/metrics");
      expect(sample(during, "unity_probe_check_success")).toBe(0);
      expect(sample(during, "unity_probe_check_outcome", 'outcome="fail"')).toBe(1);
      expect(sample(during, "unity_probe_check_outcome_since_timestamp_seconds")).toBeCloseTo(
        Date.parse(badSince) / 1_000,
        2,
      );

      const backAtMs = Date.now();
      await loadFirewall(lane, ALL_PASSES);
      const recovery = (await until(alarms, (all) => all.at(-1)!.over)).at(-1)!;
      expect(recovery.event).toBe("recovery");
      const well = rowIn(await statusOf(lane));
      const recoveredAt = recovery.rows.find(({ check }) => check === ROW.check)!.recoveredAt!;
      expect(well).toMatchObject({ outcome: "pass", since: recoveredAt });
      expect(Date.parse(recoveredAt)).toBeGreaterThan(backAtMs - LONGEST_RUN_MS);
      expect(Date.parse(recoveredAt)).toBeLessThan(backAtMs + LONGEST_RUN_MS + 2 * EVERY_MS);
      const after = await get(lane, "/metrics");
      expect(sample(after, "unity_probe_check_success")).toBe(1);
      expect(sample(after, "unity_probe_check_outcome_since_timestamp_seconds")).toBeCloseTo(
        Date.parse(recoveredAt) / 1_000,
        2,
      );

      agent.kill("SIGTERM");
      expect(await once(agent, "exit")).toEqual([0, null]);
      const runs = await historyOf(folder);
      const firstBad = runs.find(({ exitCode }) => exitCode === 1)!;
      expect(new Date(firstBad.startedAtMs).toISOString()).toBe(badSince);
      expect(runs.some(({ startedAtMs }) => startedAtMs === Date.parse(recoveredAt))).toBe(true);
      expect(log()).toContain('"an alarm was delivered"');
    });
  });

  test("is silent while it is cut off itself, and says so", async ({ lane }) => {
    const runsOf = async () => (await statusOf(lane)).runs;
    await withAgent(lane, async ({ alarms, log }) => {
      await untilWell(lane, log);
      await runOk(["ip", "-n", lane.agent, "link", "set", "eth0", "down"]);
      try {
        await until(log, (text) => text.includes("this machine has no route to any host"));
        const [last] = await until(runsOf, ([run]) => run?.status === "agent-offline");
        expect(last?.offline).toContain("no route");
        // The last that was seen stays, with its age.
        expect(rowIn(await statusOf(lane))).toMatchObject({ outcome: "pass", result: { outcome: "pass" } });
      } finally {
        await connectAgent(lane);
      }
      await until(runsOf, ([run]) => run?.status === "completed");
      expect(alarms()).toEqual([]);
    });
  });
});
