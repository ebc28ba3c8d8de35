import { describe, expect, it } from "vitest";
import type { IcmpError } from "#node-dgram-ext";
import { bulk, closedPorts, descriptors, hasNative, mappings, openPorts, tcpPeer } from "./loopback.ts";

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
    const rounds = (count: number) => {
      for (let round = 0; round < count; round++) poolVerdicts("127.0.0.1", ports, 50);
    };
    // What the engine maps for itself until it knows the work.
    rounds(30);
    const before = { descriptors: descriptors(), mappings: mappings() };
    rounds(100);
    expect(descriptors()).toBe(before.descriptors);
    expect(mappings()).toBeLessThan(before.mappings + 50);
  });

  it("says why not even one socket could be opened", () => {
    const options = { address: "127.0.0.1", source: "192.0.2.1", sockets: 4, onVerdict: () => {} };
    const pool = bulk().tcpPool(options);
    expect(() => pool.start(9)).toThrow(expect.objectContaining({ code: "EADDRNOTAVAIL", syscall: "bind" }));
    pool.close();
  });
});
