import { describe, expect, it } from "vitest";
import { createPlainSweeper } from "../../src/sweep/plain.ts";
import {
  closedPorts,
  closedTcpPorts,
  closedUdpPorts,
  deafPorts,
  dropping,
  exhausted,
  job,
  net,
  never,
  sweep,
  watched,
  wordsOf,
  world,
} from "./sweeping.ts";

/** Sweeps the same ports several times at once with one sweeper. */
function sweepsAtOnce(count: number, asked: Parameters<typeof job>, over = net, signal = never) {
  const sweeper = createPlainSweeper({ net: over, world });
  return Promise.all(Array.from({ length: count }, () => sweeper.sweep(job(...asked), () => {}, signal)));
}

describe("sweeps that go at the same time", () => {
  it("keep one rate together", async () => {
    const closed = await closedTcpPorts(20);
    const startedMs = performance.now();
    const seen = await sweepsAtOnce(5, ["tcp", closed, { ratePerS: 200 }]);
    // 100 flows, of which two are the burst.
    expect(performance.now() - startedMs).toBeGreaterThan(98 * 5 - 10);
    for (const each of seen) expect(wordsOf(each)).toEqual(closed.map(() => "conn-refused"));
  });

  it("hold no more than 256 TCP sockets together, and all of them end", async () => {
    const { over, record } = watched(dropping);
    const ports = Array.from({ length: 70 }, (_, at) => at + 1);
    const limits = { attempts: 1, replyTimeoutMs: 50, ratePerS: 100_000 };
    const seen = await sweepsAtOnce(8, ["tcp", ports, limits], over);
    expect(record.most).toBe(256);
    for (const each of seen) expect(wordsOf(each)).toEqual(ports.map(() => "no-response"));
  });

  it("hold no more than 256 UDP sockets together when they make sure of a silence", async () => {
    const deaf = await deafPorts(70);
    const closed = await closedUdpPorts(1);
    const { over, record } = watched();
    const limits = { attempts: 1, replyTimeoutMs: 50, ratePerS: 100_000 };
    const seen = await sweepsAtOnce(6, ["udp", [...closed, ...deaf.ports], limits], over);
    expect(record.most).toBeLessThanOrEqual(256);
    for (const each of seen) expect(wordsOf(each).slice(1)).toEqual(deaf.ports.map(() => "no-response"));
    await deaf.close();
  });

  it("stop at once, those too that wait for a place", async () => {
    const stop = new AbortController();
    const startedMs = performance.now();
    setTimeout(() => stop.abort(), 50);
    const ports = Array.from({ length: 70 }, (_, at) => at + 1);
    const limits = { replyTimeoutMs: 60_000, ratePerS: 100_000 };
    await sweepsAtOnce(8, ["tcp", ports, limits], dropping, stop.signal);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
});

describe("ports for which our own side had no socket", () => {
  it.each(["tcp", "udp"] as const)("are asked again later over %s", async (transport) => {
    const closed = await closedPorts(transport, 10);
    const seen = await sweep(job(transport, closed), never, exhausted(1));
    expect(seen.words).toEqual(closed.map(() => (transport === "tcp" ? "conn-refused" : "port-unreach")));
    expect(seen.sent).toBe(10);
    expect(seen.tookMs).toBeGreaterThan(transport === "tcp" ? 190 : 1_000);
  });

  it.each(["tcp", "udp"] as const)("are unknown over %s when that is so each time", async (transport) => {
    const seen = await sweep(job(transport, [1, 2, 3]), never, exhausted(2));
    expect(seen.words).toEqual(["no-resources", "no-resources", "no-resources"]);
    expect(seen).toMatchObject({ sent: 0, progress: [1, 2, 3] });
  });
});
