import { describe, expect, it } from "vitest";
import type { IcmpError } from "#node-dgram-ext";
import { bulk, closedPorts, closedUdpPort, hasNative, native, openPorts, udpPeer } from "./loopback.ts";

const turn = (): Promise<void> => new Promise((turned) => setImmediate(turned));

interface Seen {
  readonly errno: number;
  readonly icmp: IcmpError | undefined;
}

describe.runIf(hasNative).each(["127.0.0.1", "::1"])("a batch of datagrams to %s", (address) => {
  it("brings answers and errors to the ports they are for", async () => {
    const answered = new Map<number, string>();
    const errors = new Map<number, Seen>();
    const peers = await Promise.all(Array.from({ length: 30 }, () => udpPeer(address, (bytes) => bytes)));
    // Held, because a port that is merely free over TCP may be one of those peers.
    const held = await Promise.all(Array.from({ length: 30 }, () => closedUdpPort(address)));
    const closed = held.map(({ port }) => port);
    const batch = bulk().udpBatch({
      address,
      payloadBytes: 16,
      answerBytes: 16,
      onAnswer: (port, bytes, from) => {
        expect(from).toBeUndefined();
        answered.set(port, Buffer.from(bytes).toString());
      },
      onError: (port, errno, icmp) => errors.set(port, { errno, icmp }),
    });
    for (const [index, { port }] of peers.entries()) {
      batch.add(closed[index]!, Buffer.from("anyone?"));
      batch.add(port, Buffer.from(`to ${port}`));
    }
    expect(batch.flush()).toBe(0);
    for (let turns = 0; turns < 100 && answered.size < 30; turns++) {
      await turn();
      batch.step(0);
    }
    batch.close();
    for (const peer of [...peers, ...held]) await peer[Symbol.asyncDispose]();
    expect(answered).toEqual(new Map(peers.map(({ port }) => [port, `to ${port}`])));
    const icmp = address === "::1" ? { type: 1, code: 4, from: address } : { type: 3, code: 3, from: address };
    expect(errors).toEqual(new Map(closed.map((port) => [port, { errno: 111, icmp }])));
  });
});

describe.runIf(hasNative)("a batch of datagrams", () => {
  it("cuts a long answer, refuses a long datagram and more than it holds", async () => {
    await using peer = await udpPeer("127.0.0.1", () => Buffer.alloc(100, 7));
    const lengths: number[] = [];
    const batch = bulk().udpBatch({
      address: "127.0.0.1",
      payloadBytes: 4,
      answerBytes: 10,
      onAnswer: (_, bytes) => lengths.push(bytes.length),
      onError: () => {},
    });
    expect(() => batch.add(9, new Uint8Array(5))).toThrow(RangeError);
    const room = batch.room;
    for (let datagram = 0; datagram < room; datagram++) batch.add(peer.port, new Uint8Array(4));
    expect(() => batch.add(9, new Uint8Array(4))).toThrow(RangeError);
    expect(batch.flush()).toBe(0);
    expect(batch.room).toBe(room);
    for (let turns = 0; turns < 100 && lengths.length < room; turns++) {
      await turn();
      batch.step(0);
    }
    batch.close();
    expect(lengths).toEqual(Array.from({ length: room }, () => 10));
  });

  it("tells of what our own side does not send, and sends the rest", async () => {
    await using peer = await udpPeer("127.0.0.1", (bytes) => bytes);
    const refused: (readonly [number, string])[] = [];
    let answers = 0;
    const batch = bulk().udpBatch({
      address: "127.0.0.1",
      payloadBytes: 4,
      answerBytes: 4,
      onAnswer: () => answers++,
      onError: (port, errno) => refused.push([port, bulk().errorName(errno)]),
    });
    batch.add(peer.port, new Uint8Array(1));
    // The kernel takes no datagram to port 0.
    batch.add(0, new Uint8Array(1));
    batch.add(peer.port, new Uint8Array(1));
    expect(batch.flush()).toBe(0);
    for (let turns = 0; turns < 100 && answers < 2; turns++) {
      await turn();
      batch.step(0);
    }
    batch.close();
    expect(answers).toBe(2);
    expect(refused).toEqual([[0, "EINVAL"]]);
  });

  it("gets the receive buffer it asks for, or as much as there is", () => {
    const options = { address: "127.0.0.1", payloadBytes: 1, answerBytes: 1, onAnswer: () => {}, onError: () => {} };
    const usual = bulk().udpBatch(options);
    const large = bulk().udpBatch({ ...options, receiveBufferBytes: 4 << 20 });
    const { has } = native.features.largeBuffers;
    expect(large.receiveBufferBytes).toBeGreaterThanOrEqual(has ? 4 << 20 : usual.receiveBufferBytes);
    usual.close();
    large.close();
  });
});

describe.runIf(hasNative && native.features.rawSockets.has).each(["127.0.0.1", "::1"])("raw SYNs to %s", (address) => {
  it("tell open from closed, with the hops that were left", async () => {
    const open = await openPorts(address, 5);
    const closed = await closedPorts(address, 50);
    const seen = new Map<number, string>();
    const batch = bulk().synBatch({
      address,
      seed: 0xdecafbad,
      onAnswer: (port, answer, hopLimit) => seen.set(port, `${answer} ${hopLimit}`),
      onError: () => {},
    });
    for (const port of [...closed, ...open.map((peer) => peer.port)]) batch.add(port);
    expect(batch.flush()).toBe(0);
    for (let steps = 0; steps < 20 && seen.size < 55; steps++) batch.step(50);
    batch.close();
    for (const peer of open) await peer[Symbol.asyncDispose]();
    const expected = [...closed.map((port) => [port, "reset 64"]), ...open.map(({ port }) => [port, "syn-ack 64"])];
    expect(seen).toEqual(new Map(expected as [number, string][]));
  });
});
