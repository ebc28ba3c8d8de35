import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Bulk, IcmpError } from "#node-dgram-ext";
import { descriptors, hasNative, mappings, native, portable, type TcpPeer, tcpPeer, udpPeer } from "./loopback.ts";

const run = promisify(execFile);
const turn = (): Promise<void> => new Promise((turned) => setImmediate(turned));

function bulk(): Bulk {
  if (native.bulk === undefined) throw new Error(native.features.native.detail);
  return native.bulk;
}

/** So many ports that were free a moment ago. */
async function closedPorts(address: string, count: number): Promise<readonly number[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => tcpPeer(address, () => {})));
  await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
  return peers.map(({ port }) => port);
}

async function openPorts(address: string, count: number): Promise<readonly TcpPeer[]> {
  return await Promise.all(Array.from({ length: count }, () => tcpPeer(address, () => {})));
}

interface Seen {
  readonly errno: number;
  readonly icmp: IcmpError | undefined;
}

/** What a pool says of ports, when no more than `sockets` are asked at a time. */
function poolVerdicts(address: string, ports: readonly number[], sockets: number): Map<number, Seen> {
  const seen = new Map<number, Seen>();
  const pool = bulk().tcpPool({
    address,
    sockets,
    onVerdict: (port, errno, icmp) => {
      expect(seen.has(port), `a second verdict on ${port}`).toBe(false);
      seen.set(port, { errno, icmp });
    },
  });
  try {
    for (const port of ports) {
      while (pool.start(port) === undefined) pool.step(100);
    }
    while (pool.busy > 0) pool.step(100);
    expect(pool.room).toBe(sockets);
  } finally {
    pool.close();
  }
  return seen;
}

describe.runIf(hasNative).each(["127.0.0.1", "::1"])("a pool of TCP sockets to %s", (address) => {
  it.each([1, 7, 500])("gives each port its verdict, by %i sockets", async (sockets) => {
    const open = await openPorts(address, 10);
    const ports = [...open.map(({ port }) => port), ...(await closedPorts(address, 200))];
    const seen = poolVerdicts(address, ports, sockets);
    for (const peer of open) await peer[Symbol.asyncDispose]();
    const names = ports.map((port) => bulk().errorName(seen.get(port)?.errno ?? -1));
    expect(names.slice(10)).toEqual(Array.from({ length: 200 }, () => "ECONNREFUSED"));
    expect(open.map(({ port }) => seen.get(port)?.errno)).toEqual(open.map(() => 0));
    expect([...seen.values()].every(({ icmp }) => icmp === undefined)).toBe(true);
  });

  it("gives a silent port up, and asks the next with the same socket", async () => {
    const [closed] = await closedPorts(address, 1);
    // Nobody accepts while this thread waits, so that the queue of a server fills up; then it drops what comes.
    await using full = await tcpPeer(address, () => {}, 1);
    const verdicts: number[] = [];
    const pool = bulk().tcpPool({ address, sockets: 5, onVerdict: (port, errno) => verdicts.push(port, errno) });
    const started = Array.from({ length: 5 }, () => pool.start(full.port)!);
    for (let steps = 0; steps < 5; steps++) pool.step(20);
    const accepted = verdicts.length / 2;
    expect(pool.busy).toBe(5 - accepted);
    expect(pool.busy).toBeGreaterThan(0);
    expect(started.filter((handle) => !pool.giveUp(handle))).toHaveLength(5 - accepted);
    expect(pool.room).toBe(5);
    verdicts.length = 0;
    pool.start(closed!);
    while (pool.busy > 0) pool.step(100);
    expect(verdicts).toEqual([closed, 111]);
    pool.close();
  });
});

describe.runIf(hasNative)("a pool of TCP sockets", () => {
  it("gives a verdict where no packet can leave", () => {
    const ports = Array.from({ length: 20 }, (_, index) => 9000 + index);
    // An IPv4 address in IPv6 clothes, and sockets that speak IPv6 only.
    const seen = poolVerdicts("::ffff:127.0.0.1", ports, 4);
    const names = ports.map((port) => bulk().errorName(seen.get(port)?.errno ?? 0));
    expect(names).toEqual(ports.map(() => "ENETUNREACH"));
  });

  it("keeps no descriptor and no memory", async () => {
    const ports = await closedPorts("127.0.0.1", 50);
    poolVerdicts("127.0.0.1", ports, 50);
    const before = { descriptors: descriptors(), mappings: mappings() };
    for (let round = 0; round < 50; round++) poolVerdicts("127.0.0.1", ports, 50);
    expect(descriptors()).toBe(before.descriptors);
    expect(mappings()).toBeLessThan(before.mappings + 25);
  });

  it("says why not even one socket could be opened", () => {
    const options = { address: "127.0.0.1", source: "192.0.2.1", sockets: 4, onVerdict: () => {} };
    const pool = bulk().tcpPool(options);
    expect(() => pool.start(9)).toThrow(expect.objectContaining({ code: "EADDRNOTAVAIL", syscall: "bind" }));
    pool.close();
  });
});

describe.runIf(hasNative).each(["127.0.0.1", "::1"])("a batch of datagrams to %s", (address) => {
  it("brings answers and errors to the ports they are for", async () => {
    const answered = new Map<number, string>();
    const errors = new Map<number, Seen>();
    const peers = await Promise.all(Array.from({ length: 30 }, () => udpPeer(address, (bytes) => bytes)));
    const closed = await closedPorts(address, 30);
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
    for (const peer of peers) await peer[Symbol.asyncDispose]();
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

it.runIf(hasNative)("works in a worker thread, and for a user without privileges", async () => {
  const script = fileURLToPath(new URL("./unprivileged-worker.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--import", "tsx", script]);
  expect(JSON.parse(stdout)).toEqual({
    native: true,
    eventLoop: "a worker thread: it could not be terminated safely",
    udpErrorQueue4: true,
    tcpErrorQueue: true,
    rawSockets: "socket EPERM: needs CAP_NET_RAW",
    largeBuffers: false,
    synBatch: "SocketError EPERM",
    pool: "ECONNREFUSED",
    single: "ECONNREFUSED",
    udp: "ECONNREFUSED",
  });
});

it("is absent from the portable way", () => {
  expect(portable.bulk).toBeUndefined();
});
