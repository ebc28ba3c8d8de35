/**
 * What the event loop of an agent feels of a thousand hosts a minute: the built command, its own sockets, its history
 * and its metrics, against addresses of 127.0.0.0/8 where nothing listens. Every port there is refused at once, which is
 * as much work for the agent as a host can make.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const HOSTS = 1_000;
/** A range over UDP waits for the ICMP errors of its host, some 20 s: so many hosts need that many checks at once. */
const CONCURRENCY = 1_000;
const MINUTE_MS = 60_000;
const PORT = 19_464;
/** What prom-client measures is the time between two beats of 10 ms. */
const BEAT_S = 0.01;

const command = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));

function configuration(): string {
  const hosts = Array.from({ length: HOSTS }, (_, at) => `127.${1 + Math.floor(at / 250)}.${at % 250}.1`);
  return [
    "role: unity-secondary",
    `hosts: {domain-controller: [${hosts.join(", ")}]}`,
    "schedule: {every: 60s}",
    `listen: 127.0.0.1:${PORT}`,
    "history: {dir: history}",
    `limits: {concurrency: ${CONCURRENCY}}`,
  ].join("\n");
}

/** The samples without labels, and how long the last run took. Asking begins a new measure of the loop. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${PORT}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => !line.startsWith("#"));
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+)(?:\{schedule="default"\})? (\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
}

/** Measures one minute, and gives the table as text. */
export async function benchAgent(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  const file = join(folder, "agent.yaml");
  await writeFile(file, configuration());
  const child = spawn(process.execPath, [command, "agent", "--config", file], { stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    await delay(MINUTE_MS);
    const before = await metrics();
    await delay(MINUTE_MS);
    const after = await metrics();
    const ms = (name: string) => `${(1_000 * Math.max(0, after.get(name)! - BEAT_S)).toFixed(0)} ms`;
    const cpuS = after.get("process_cpu_seconds_total")! - before.get("process_cpu_seconds_total")!;
    return [
      `${HOSTS} hosts, a minute; Node ${process.versions.node}`,
      `event loop later than due: median ${ms("nodejs_eventloop_lag_p50_seconds")}, ` +
        `p99 ${ms("nodejs_eventloop_lag_p99_seconds")} (aim: 20), worst ${ms("nodejs_eventloop_lag_max_seconds")}`,
      `run ${after.get("unity_probe_run_duration_seconds")?.toFixed(1)} s, processor ${cpuS.toFixed(1)} s, ` +
        `resident ${(after.get("process_resident_memory_bytes")! / 1e6).toFixed(0)} MB\n`,
    ].join("\n");
  } finally {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
}
