import { describe, expect, it } from "vitest";
import type { Net } from "../../src/model/parts.ts";
import type { World } from "../../src/model/prober.ts";
import { listenTcp } from "../../src/net/listen.ts";
import { RST_AFTER_ACCEPT_MS } from "../../src/verdict/state.ts";
import { peer } from "../net/loopback.ts";
import { closedTcpPorts, dropping, job, net, never, sweep, watched, world } from "./sweeping.ts";

describe("TCP", () => {
  it("tells open from closed, in the order of the ports", async () => {
    const open = await Promise.all([1, 2, 3].map(() => listenTcp("127.0.0.1", 0, () => {})));
    const closing = await listenTcp("127.0.0.1", 0, () => {});
    await closing.close();
    const ports = open.flatMap(({ local }) => [local.port, closing.local.port]);
    const seen = await sweep(job("tcp", ports));
    expect(seen.words).toEqual(open.flatMap(() => ["syn-ack", "conn-refused"]));
    expect(seen).toMatchObject({ errorQueue: false, offenders: [], sent: 6, source: "127.0.0.1" });
    expect([...seen.offenderOf]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(seen.progress).toEqual([1, 2, 3, 4, 5, 6]);
    for (const each of open) await each.close();
  });

  it("tells a port that hangs up from one that stays or speaks, whatever the reply time-out", async () => {
    await using fin = await peer((socket) => socket.end());
    await using reset = await peer((socket) => setTimeout(() => socket.resetAndDestroy(), 100));
    await using stays = await peer(() => {});
    await using speaks = await peer((socket) => socket.end("220 here\r\n"));
    const ports = [fin, reset, stays, speaks].map((each) => each.local.port);
    const seen = await sweep(job("tcp", ports, { replyTimeoutMs: 50 }));
    expect(seen.words).toEqual(["rst-after-accept", "rst-after-accept", "syn-ack", "syn-ack"]);
    expect(seen.sent).toBe(4);
    expect(seen.tookMs).toBeGreaterThan(290);
    await expect.poll(() => stays.held()).toBe(0);
  });

  it("calls a port open whose watch was cut short", async () => {
    await using stays = await peer(() => setTimeout(() => stop.abort(), 20));
    const stop = new AbortController();
    // The watch would last for ten minutes.
    const slow: World = {
      ...world,
      sleep: (ms, signal) => world.sleep(ms === RST_AFTER_ACCEPT_MS ? 600_000 : ms, signal),
    };
    const seen = await sweep(job("tcp", [stays.local.port]), stop.signal, net, slow);
    expect(seen.words).toEqual(["syn-ack"]);
  });

  it("asks 1,000 ports of ::1 no faster than the rate and at most 64 at once", async () => {
    const { over, record } = watched();
    const ports = Array.from({ length: 1_000 }, (_, at) => 61_000 + at);
    const seen = await sweep(job("tcp", ports, { address: "::1" }), never, over);
    expect(seen.words.every((word) => word === "conn-refused" || word === "syn-ack")).toBe(true);
    expect(seen.words.filter((word) => word === "conn-refused").length).toBeGreaterThan(950);
    expect(record.most).toBeLessThanOrEqual(64);
    expect(seen.tookMs).toBeGreaterThan(450);
  });

  it("asks silent ports again, at most 64 at once, before it calls them silent", async () => {
    const { over, record } = watched(dropping);
    const ports = Array.from({ length: 100 }, (_, at) => at + 1);
    const seen = await sweep(job("tcp", ports, { attempts: 3, replyTimeoutMs: 50 }), never, over);
    expect(seen.words).toEqual(ports.map(() => "no-response"));
    expect(seen.sent).toBe(300);
    expect(record.most).toBe(64);
    expect([...record.begunMs.values()].every((times) => times.length === 3)).toBe(true);
  });

  it("does not call a port silent whose answer was there before the timer was looked at", async () => {
    const closed = await closedTcpPorts(20);
    // The process is held up, as by a slow renderer: answers are there, unread, when every timer is overdue.
    const heldUp: Net = {
      ...net,
      tcp: (to, how, signal) => {
        const attempt = net.tcp(to, how, signal);
        for (const untilMs = performance.now() + 10; performance.now() < untilMs; );
        return attempt;
      },
    };
    const asked = job("tcp", closed, { attempts: 1, replyTimeoutMs: 5, ratePerS: 100_000 });
    const seen = await sweep(asked, never, heldUp);
    expect(seen.words).toEqual(closed.map(() => "conn-refused"));
  });

  it("stops at once when told to; ports not done stay 0", async () => {
    const stop = new AbortController();
    const listener = await listenTcp("127.0.0.1", 0, () => void setTimeout(() => stop.abort(), 20));
    const mixed: Net = { ...dropping, tcp: (to, how, signal) => (to.port === 9 ? dropping : net).tcp(to, how, signal) };
    const asked = job("tcp", [listener.local.port, 9, 9, 9], { replyTimeoutMs: 60_000 });
    const seen = await sweep(asked, stop.signal, mixed);
    expect(seen.words).toEqual(["syn-ack", "not asked", "not asked", "not asked"]);
    expect(seen.progress).toEqual([1]);
    expect(seen.tookMs).toBeLessThan(30_000);
    await listener.close();
  });

  it("asks nothing when it is stopped before it begins, and nothing where there is no way", async () => {
    const { over, record } = watched();
    expect((await sweep(job("tcp", [1, 2]), AbortSignal.abort(), over)).words).toEqual(["not asked", "not asked"]);
    const astray = await sweep(job("tcp", [1, 2], { source: "203.0.113.5" }), never, over);
    expect(astray.words).toEqual(["no-route", "no-route"]);
    expect(astray.sent).toBe(0);
    expect(record.begunMs.size).toBe(0);
  });

  it("hands on a mistake instead of waiting for ever", async () => {
    const broken: Net = { ...net, tcp: () => Promise.reject(new TypeError("a mistake")) };
    await expect(sweep(job("tcp", [1, 2, 3]), never, broken)).rejects.toThrow("a mistake");
  });
});
