/**
 * UDP ports with a far end: how long it takes from the start of a session until each port is known, what was called
 * something else than it is, and how many packets left the agent's side.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, endDaemon, runOk, startDaemon, untilReady } from "../../../test/lab/command.ts";
import { loadFirewall } from "../../../test/lab/firewall.ts";
import { inside, listeners } from "../../../test/lab/namespaces.ts";
import { median } from "../median.ts";
import { type Network, packetsSent, setIcmpLimits, withNetwork } from "./network.ts";
import type { Proven } from "./responder-client.ts";
import { overSlowLine } from "./slow-line.ts";
import { type Fate, FIRST_PORT, MIXED, PORT_COUNT, portsThatAre, truthOf } from "./truth.ts";

const REPEATS = 5;
const RTP = { first: 22_800, count: 9_968 };
const LINE = { eachWayMs: 10, lostPerMillion: 5_000 };
const TIMEOUT_MS = 60_000;

interface Case {
  readonly title: string;
  readonly first: number;
  readonly count: number;
  readonly blocked: readonly number[];
  readonly aimS: number;
}

interface FarSide {
  readonly keyFile: string;
  readonly daemon: Daemon;
}

/** Measures, and gives the tables as text. */
export function benchResponder(): Promise<string> {
  return withNetwork([], async (network) => {
    await setIcmpLimits(network, "default");
    const keyFile = join(network.folder, "key");
    await writeFile(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    const respond = ["bin/unity-probe.js", "respond", "--ports", `udp/${FIRST_PORT}-65535`, "--key-file", keyFile];
    const argv = inside(network.host, [process.execPath, ...respond]);
    const daemon = startDaemon("responder", argv, join(network.folder, "responder.log"));
    try {
      await untilReady(daemon, async () => (await listeners(network.host)).has("tcp/*:7654"), TIMEOUT_MS);
      const far = { keyFile, daemon };
      const idleMb = memoryMb(daemon, "VmRSS");
      const rtp = await measured(network, far, {
        ...{ title: "9,968 RTP ports, 10 % dropped", ...RTP, aimS: 0.5 },
        blocked: await dropTenth(network),
      });
      const memory = `  responder: ${(memoryMb(daemon, "VmHWM") - idleMb).toFixed(0)} MB above idle (aim 25)`;
      const all = { first: FIRST_PORT, count: PORT_COUNT, blocked: await blockMixed(network) };
      const mixed = await measured(network, far, { ...all, title: "64,512 ports, mixed rules", aimS: 1.5 });
      const slow = await overSlowLine(network, LINE, () =>
        measured(network, far, { ...all, title: "the same, 20 ms, 0.5 % lost each way", aimS: 2 }),
      );
      return [`UDP with a far end, Node ${process.versions.node}`, rtp, memory, mixed, slow].join("\n");
    } finally {
      await endDaemon(daemon);
    }
  });
}

async function measured(network: Network, { keyFile, daemon }: FarSide, wish: Case): Promise<string> {
  const runs: (Proven & { readonly packets: number; readonly wrong: number; readonly farCpuMs: number })[] = [];
  const blocked = new Set(wish.blocked);
  const argv = ["scripts/bench/ranges/responder-client.ts", network.target, keyFile, wish.first, wish.count].map(
    String,
  );
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const before = await packetsSent(network);
    const farBeforeMs = cpuMs(daemon);
    const client = inside(network.lane.agent, [process.execPath, "--import", "tsx", ...argv]);
    const proven: Proven = JSON.parse(await runOk(client, { timeoutMs: TIMEOUT_MS }));
    const packets = (await packetsSent(network)) - before;
    const right = proven.fates.filter(([port, fate]) => fate === (blocked.has(port) ? "request-lost" : "open"));
    runs.push({ ...proven, packets, wrong: wish.count - right.length, farCpuMs: cpuMs(daemon) - farBeforeMs });
  }
  const walls = runs.map(({ wallMs }) => wallMs / 1_000);
  const budget = Math.round((wish.count + 2 * blocked.size) * 1.02);
  const wall = `${median(walls).toFixed(2)} s (${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)})`;
  const late = median(runs.map(({ lateMs }) => lateMs[Math.floor(lateMs.length * 0.99)] ?? 0)).toFixed(1);
  const seconds = (ms: readonly number[]) => `${(median(ms) / 1_000).toFixed(2)} s`;
  const cpu = `${seconds(runs.map((run) => run.cpuMs))} here, ${seconds(runs.map((run) => run.farCpuMs))} there`;
  const packets = median(runs.map((run) => run.packets));
  return [
    `\n${wish.title}`,
    `  from session start ${wall} (aim ${wish.aimS})${median(walls) > wish.aimS ? "  MISSED" : ""}; processor ${cpu}`,
    `  packets ${packets} (aim ${budget})${packets > budget ? "  MISSED" : ""}; timers late: p99 ${late} ms`,
    `  wrong cells ${runs.map(({ wrong }) => wrong).join(", ")}`,
  ].join("\n");
}

/** A tenth of the RTP ports, spread evenly over the first three quarters and in a block at the end. */
async function dropTenth(network: Network): Promise<readonly number[]> {
  const inBlock = RTP.count / 20;
  const ports = Array.from({ length: RTP.count }, (_, at) => RTP.first + at);
  const blocked = ports.filter((_, at) => at >= RTP.count - inBlock || (at % 19 === 7 && at < RTP.count - inBlock));
  await loadUdp(network, [[blocked, "drop"]]);
  return blocked;
}

/** The ports of the TCP bench: what is reset there is rejected with an ICMP error here. */
async function blockMixed(network: Network): Promise<readonly number[]> {
  const truth = truthOf(MIXED);
  const verdicts: readonly (readonly [Fate, string])[] = [
    ["dropped", "drop"],
    ["reset", "reject with icmp type host-prohibited"],
    ["admin-prohibited", "reject with icmp type admin-prohibited"],
  ];
  const rules = verdicts.map(([fate, verdict]) => [portsThatAre(truth, fate), verdict] as const);
  await loadUdp(network, rules);
  return rules.flatMap(([ports]) => ports);
}

function loadUdp({ lane }: Network, rules: readonly (readonly [readonly number[], string])[]): Promise<void> {
  const words = rules.map(
    ([ports, verdict]) => `add rule inet lab forward iifname "agent" udp dport { ${ports.join(", ")} } ${verdict}`,
  );
  return loadFirewall(lane, words);
}

/** Resident memory of a process, now (VmRSS) or at most so far (VmHWM). */
function memoryMb({ process: { pid } }: Daemon, line: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
}

/** Clock ticks of a process in user and kernel mode so far, of which Linux counts 100 a second. */
function cpuMs({ process: { pid } }: Daemon): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
