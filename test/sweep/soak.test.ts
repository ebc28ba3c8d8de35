/** A hundred sweeps in one process: nothing that one leaves behind may add up. */
import { readdir } from "node:fs/promises";
import { platform } from "node:os";
import { expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import { peer } from "../net/loopback.ts";
import { job, never, wordsOf } from "./sweeping.ts";
import { sweeperOf } from "./thread.ts";

const { features, close } = await openSockets();
close();

const MEGABYTE = 1024 * 1024;
const descriptors = async () => (await readdir("/proc/self/fd")).length;

it.runIf(platform() === "linux" && features.tcpErrorQueue.has)(
  "100 sweeps leave nothing behind",
  async () => {
    await using open = await peer(() => {});
    const sweeper = sweeperOf("auto");
    const ports = Array.from({ length: 500 }, (_, at) => 52_000 + at);
    const sweep = async (nth: number) => {
      // An open port is watched for 300 ms, so that not every sweep has one.
      const asked = nth % 10 === 0 ? [open.local.port, ...ports] : ports;
      const seen = await sweeper.sweep(job("tcp", asked, { ratePerS: 1_000_000 }), () => {}, never);
      if (nth % 10 === 0) expect(wordsOf(seen)[0]).toBe("syn-ack");
      expect(wordsOf(seen)).not.toContain("no-response");
    };
    for (let nth = 0; nth < 20; nth++) await sweep(nth);
    const before = { descriptors: await descriptors(), bytes: process.memoryUsage.rss() };
    for (let nth = 20; nth < 100; nth++) await sweep(nth);
    expect(await descriptors()).toBeLessThanOrEqual(before.descriptors + 2);
    expect(process.memoryUsage.rss() - before.bytes).toBeLessThan(40 * MEGABYTE);
  },
  300_000,
);
