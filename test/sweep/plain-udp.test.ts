import { createSocket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { listenUdp } from "../../src/net/listen.ts";
import { closedPort, WAYS } from "../net/loopback.ts";
import { closedUdpPorts, deafPorts, job, never, stingy, sweep, watched } from "./sweeping.ts";

describe("UDP", () => {
  it.each(["127.0.0.1", "::1"])("tells refused, answering and silent ports of %s apart", async (address) => {
    const echo = await listenUdp(address, 0, (bytes, _from, reply) => reply(bytes));
    const heard: Uint8Array[] = [];
    const deaf = await listenUdp(address, 0, (bytes) => heard.push(bytes));
    const closed = await closedPort("udp", address);
    const ports = [echo.local, deaf.local, closed].map(({ port }) => port);
    const seen = await sweep(job("udp", ports, { address, payload: Uint8Array.of(1, 2, 3) }));
    expect(seen.words).toEqual(["protocol-reply", "no-response", "port-unreach"]);
    // Twice by itself, and once with the closed port as the control of its silence.
    expect(heard).toEqual(Array(3).fill(Uint8Array.of(1, 2, 3)));
    expect(seen).toMatchObject({ sent: 6, errorQueue: false, source: address });
    await echo.close();
    await deaf.close();
  });

  it.runIf(process.platform === "linux")("names who refused, where the error queue is at hand", async () => {
    const closed = await closedUdpPorts(2);
    const deaf = await deafPorts(1);
    const seen = await sweep(job("udp", [...closed, ...deaf.ports]), never, WAYS[0].net);
    expect(seen.words).toEqual(["port-unreach", "port-unreach", "no-response"]);
    expect(seen.offenders).toEqual([{ type: 3, code: 3, from: "127.0.0.1" }]);
    expect([...seen.offenderOf]).toEqual([1, 1, 0]);
    expect(seen.errorQueue).toBe(true);
    await deaf.close();
  });

  it("asks closed ports no faster than the target may refuse them", async () => {
    const closed = await closedUdpPorts(21);
    const seen = await sweep(job("udp", closed, { icmpBudget: { tokens: 6, perS: 20 } }));
    expect(seen.words).toEqual(closed.map(() => "port-unreach"));
    expect(seen.sent).toBe(21);
    expect(seen.tookMs).toBeGreaterThan(15 * 50);
  });

  it("gives the token of a silent port back", async () => {
    const deaf = await deafPorts(21);
    const { over, record } = watched();
    const budget = { icmpBudget: { tokens: 6, perS: 0.1 }, attempts: 3 };
    const seen = await sweep(job("udp", deaf.ports, budget), never, over);
    expect(seen.words).toEqual(deaf.ports.map(() => "no-response"));
    expect(seen.sent).toBe(63);
    // One error in ten seconds would make this ten minutes, were silence paid for.
    expect(seen.tookMs).toBeLessThan(60_000);
    for (const times of record.begunMs.values()) {
      expect(times).toHaveLength(3);
    }
    await deaf.close();
  });

  it("does not take its own haste for silence when others have used up the target's errors", async () => {
    const closed = await closedUdpPorts(12);
    const deaf = await deafPorts(3);
    const seen = await sweep(job("udp", [...closed, ...deaf.ports], { attempts: 1 }), never, stingy(1, 4, closed));
    expect(seen.words).toEqual([...closed.map(() => "port-unreach"), ...deaf.ports.map(() => "no-response")]);
    expect(seen.progress).toHaveLength(15);
    await deaf.close();
  });

  it("takes silence as it is when no error comes any more", async () => {
    const closed = await closedUdpPorts(3);
    const seen = await sweep(job("udp", closed, { attempts: 1, replyTimeoutMs: 20 }), never, stingy(1, 1e-6, closed));
    expect(seen.words.toSorted()).toEqual(["no-response", "no-response", "port-unreach"]);
  });

  it("finds a port that was silent at first, and has at most 64 sockets open", async () => {
    const deaf = await deafPorts(150);
    const late = createSocket("udp4");
    let asked = 0;
    late.on("message", (_bytes, from) => {
      if (++asked === 2) late.send("here", from.port, from.address);
    });
    await new Promise<void>((bound) => late.bind(0, "127.0.0.1", bound));
    const { over, record } = watched();
    const seen = await sweep(job("udp", [...deaf.ports, late.address().port]), never, over);
    expect(seen.words.filter((word) => word === "no-response")).toHaveLength(150);
    expect(seen.words.at(-1)).toBe("protocol-reply");
    expect(record.most).toBe(64);
    late.close();
    await deaf.close();
  });

  it("stops at once when told to", async () => {
    const deaf = await deafPorts(3);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const seen = await sweep(job("udp", deaf.ports, { replyTimeoutMs: 60_000 }), stop.signal);
    expect(seen.words).toEqual(["not asked", "not asked", "not asked"]);
    expect(seen.tookMs).toBeLessThan(30_000);
    await deaf.close();
  });
});

it("asks a silent UDP port again from the same port of ours, so that a firewall sees one flow", async () => {
  const heard = new Map<number, number>();
  const listener = await listenUdp("127.0.0.1", 0, (_bytes, from, reply) => {
    heard.set(from.port, (heard.get(from.port) ?? 0) + 1);
    // As a firewall does that loses the first packet of every flow.
    if (heard.get(from.port) === 2) reply(new Uint8Array([1]));
  });
  const { words } = await sweep(job("udp", [listener.local.port], { attempts: 2 }));
  await listener.close();
  expect(words).toEqual(["protocol-reply"]);
  expect([...heard.values()]).toEqual([2]);
});
