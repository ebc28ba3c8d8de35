/**
 * Proves UDP ports of a responder and prints, as JSON, the fates of the ports, how long it took from the first packet of
 * the session, and how late the timers of this thread were meanwhile. Arguments: address, key file, first port, how many.
 */
import { readFileSync } from "node:fs";
import { openSockets } from "#node-dgram-ext";
import { realWorld } from "../../../src/cli/parts.ts";
import type { Fate } from "../../../src/model/far-end.ts";
import { openFarEnd } from "../../../src/responder/far-end.ts";
import { parseKey } from "../../../src/responder/key.ts";

export interface Proven {
  readonly fates: readonly (readonly [port: number, fate: Fate])[];
  readonly wallMs: number;
  /** How much later than it should a timer of 5 ms fired: all of them, sorted. */
  readonly lateMs: readonly number[];
  readonly cpuMs: number;
}

const TICK_MS = 5;
const PORT = 7_654;
const PACE = { attempts: 3, perSecond: 1_000_000 };

const [address = "", keyFile = "", first = "", count = ""] = process.argv.slice(2);
const key = parseKey(readFileSync(keyFile, "utf8").trim());
if (key === undefined) throw new Error("no key");
const parts = { world: realWorld(), sockets: await openSockets() };
const ports = Uint16Array.from({ length: Number(count) }, (_, at) => Number(first) + at);

const lateMs: number[] = [];
let lastMs = performance.now();
const timer = setInterval(() => {
  const nowMs = performance.now();
  lateMs.push(Math.max(0, nowMs - lastMs - TICK_MS));
  lastMs = nowMs;
}, TICK_MS);
const before = process.cpuUsage();
const startedMs = performance.now();
const farEnd = await openFarEnd({ address, port: PORT, key, tool: "bench" }, parts);
if ("failure" in farEnd) throw new Error(`${farEnd.failure}: ${farEnd.detail}`);
const ask = { direction: "out", transport: "udp", ports, pace: PACE } as const;
const { fates, lost } = await farEnd.prove(ask, new AbortController().signal);
const wallMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(before);
clearInterval(timer);
await farEnd.end();
if (lost !== undefined) throw new Error(lost);
const proven: Proven = {
  fates: [...fates],
  wallMs,
  lateMs: lateMs.toSorted((a, b) => a - b),
  cpuMs: (user + system) / 1_000,
};
process.stdout.write(JSON.stringify(proven));
