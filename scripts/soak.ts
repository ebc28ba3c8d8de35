/**
 * `npm run soak [-- --minutes N --hosts N]`: two hours of an agent in held time, while hosts go down, names vanish, our
 * own line is cut, the clock goes back an hour, web hooks fail, nobody reads the event stream, and the agent is started
 * anew. Says what its memory and its history did; exit code 1 when memory grew, a run is lost or the history is too long.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { listFiles } from "../src/agent/history-file.ts";
import { readLines } from "../src/agent/history-line.ts";
import type { StatusDocument } from "../src/report/status-document.ts";
import { HISTORY_MAX_BYTES, SoakSite } from "./soak/site.ts";

/** By then every code path ran, and each cell has begun its votes. */
const WARM_UP_MINUTES = 30;
const MEASURED_EACH_MINUTES = 10;
/**
 * Of the most that the heap held in the second half after the warm-up to the most in the first: it is measured in the
 * middle of runs, and the votes of cells still add up.
 */
const MOST_GROWTH = 1.25;
const MB = 1_000_000;

const string = { type: "string" } as const;
const { values } = parseArgs({ options: { minutes: string, hosts: string } });
const minutes = Number(values.minutes ?? 120);
const hosts = Number(values.hosts ?? 20);

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const folder = await mkdtemp(join(tmpdir(), "unity-soak-"));
const site = new SoakSite(folder, hosts);
const kept = new Set<string>();
const heaps: { readonly minute: number; readonly bytes: number }[] = [];
let mostHistoryBytes = 0;
let missed = 0;
let idle: Socket | undefined;
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  await begin();
  for (let minute = 0; minute < minutes; minute++) {
    if (minute === Math.floor(minutes / 3)) site.clock.wallOffsetMs -= 3_600_000;
    if (minute === Math.floor(minutes / 2)) await beginAnew();
    await site.minute(minute);
    await lookAround();
    if ((minute + 1) % MEASURED_EACH_MINUTES === 0) await measure(minute + 1);
  }
  await end();
  process.exitCode = verdict();
} finally {
  await rm(folder, { recursive: true });
}

/** An agent, and somebody who opens its event stream and never reads it. */
async function begin(): Promise<void> {
  await site.start();
  const { port } = site.agent.local!;
  idle = connect(port, "127.0.0.1").pause();
  idle.write("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  idle.on("error", () => {});
}

async function end(): Promise<void> {
  missed += await missedRuns();
  idle?.destroy();
  await site.stop();
  await readHistory();
}

/** Runs that this agent left out because the one before still went on: a host that is down takes long. */
async function missedRuns(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${site.agent.local!.port}/api/v1/status`);
  const { runs } = (await response.json()) as StatusDocument;
  return runs.reduce((sum, run) => sum + (run.missed ?? 0), 0);
}

async function beginAnew(): Promise<void> {
  await end();
  await begin();
  say(`minute ${Math.floor(minutes / 2)}: started anew`);
}

/** As Prometheus and a browser do. */
async function lookAround(): Promise<void> {
  for (const path of ["/metrics", "/api/v1/status", "/api/v1/report"]) {
    const response = await fetch(`http://127.0.0.1:${site.agent.local!.port}${path}`);
    await response.arrayBuffer();
    if (!response.ok && path !== "/api/v1/report") throw new Error(`${path} gave ${response.status}`);
  }
}

async function measure(minute: number): Promise<void> {
  await readHistory();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  heaps.push({ minute, bytes: heapUsed + external });
  say(`minute ${minute}: heap ${((heapUsed + external) / MB).toFixed(1)} MB, ${site.ended.length} runs`);
}

/** Notes which runs the history has, before the oldest go. */
async function readHistory(): Promise<void> {
  const files = await listFiles(site.historyDir);
  mostHistoryBytes = Math.max(
    mostHistoryBytes,
    files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  for (const { path } of files) {
    for await (const { text } of readLines(await readFile(path))) {
      const record = text === undefined ? {} : JSON.parse(text);
      if (record.kind === "run") kept.add(record.run.id);
    }
  }
}

/** Prints what came out; gives the exit code. */
function verdict(): number {
  const lost = site.ended.filter((id) => !kept.has(id));
  const warm = heaps.filter(({ minute }) => minute > WARM_UP_MINUTES).map(({ bytes }) => bytes);
  const half = Math.ceil(warm.length / 2);
  const growth = Math.max(...warm.slice(half)) / Math.max(...warm.slice(0, half));
  for (const [sentence, times] of site.complaints) say(`${times} x ${sentence}`);
  say(
    `runs: ${site.begun} begun, ${site.ended.length} ended, ${missed} left out in ${minutes} minutes; not in the history: ${lost.length}`,
  );
  say(
    `heap: grew ${growth.toFixed(2)} times between the halves after minute ${WARM_UP_MINUTES} (at most ${MOST_GROWTH})`,
  );
  say(
    `history: at most ${(mostHistoryBytes / MB).toFixed(2)} MB (bound ${HISTORY_MAX_BYTES / MB} MB); ${site.posts} alarms`,
  );
  const isRight =
    site.ended.length === site.begun &&
    site.ended.length >= minutes / 3 &&
    lost.length === 0 &&
    growth <= MOST_GROWTH &&
    mostHistoryBytes <= HISTORY_MAX_BYTES;
  say(isRight ? "the soak passed" : "THE SOAK FAILED");
  return isRight ? 0 : 1;
}
