/**
 * Sweeps TCP 1024-65535 of an address by the worker thread and prints, as JSON, what the main thread felt of it. The
 * argument is the address.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { openSockets } from "#node-dgram-ext";
import { realWorld } from "../../../src/cli/parts.ts";
import { createNet } from "../../../src/net/net.ts";
import { createSweeper } from "../../../src/sweep/worker-sweeper.ts";
import { FIRST_PORT, PORT_COUNT } from "./truth.ts";

export interface Felt {
  /** How much later than it should a timer of 5 ms fired: all of them, sorted. */
  readonly lateMs: readonly number[];
  readonly memoryBeforeMb: number;
  readonly memoryMostMb: number;
  readonly settled: number;
}

const TICK_MS = 5;
const megabytes = (): number => process.memoryUsage.rss() / 1024 ** 2;

const world = realWorld();
const threads = availableParallelism();
const entry = new URL("../../../dist/cli/sweep-worker.js", import.meta.url);
const startWorker = () => new Worker(entry, { workerData: threads });
const net = createNet(world, await openSockets());
const sweeper = createSweeper({ net, world, engine: "connect", threads, rawSockets: false, startWorker });
const ports = Uint16Array.from({ length: PORT_COUNT }, (_, at) => FIRST_PORT + at);
// What is loaded and compiled at the first sweep is no cost of 64,512 ports.
await sweeper.sweep(jobFor(ports.slice(0, 100)), () => {}, new AbortController().signal);

const lateMs: number[] = [];
const memoryBeforeMb = megabytes();
let memoryMostMb = memoryBeforeMb;
let lastMs = performance.now();
const timer = setInterval(() => {
  const nowMs = performance.now();
  lateMs.push(Math.max(0, nowMs - lastMs - TICK_MS));
  lastMs = nowMs;
  memoryMostMb = Math.max(memoryMostMb, megabytes());
}, TICK_MS);
const { codes } = await sweeper.sweep(jobFor(ports), () => {}, new AbortController().signal);
clearInterval(timer);
const felt: Felt = {
  lateMs: lateMs.toSorted((a, b) => a - b),
  memoryBeforeMb,
  memoryMostMb,
  settled: codes.filter((code) => code > 0).length,
};
process.stdout.write(JSON.stringify(felt));

function jobFor(asked: Uint16Array) {
  return {
    transport: "tcp",
    direction: "out",
    address: process.argv[2]!,
    ports: asked,
    payload: new Uint8Array(0),
    ratePerS: 1_000_000,
    attempts: 2,
    icmpBudget: { tokens: 6, perS: 1 },
    replyTimeoutMs: 3_500,
  } as const;
}
