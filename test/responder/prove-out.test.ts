import { describe, expect, it } from "vitest";
import type { Sockets, UdpPorts } from "#node-dgram-ext";
import type { Fate } from "../../src/model/far-end.ts";
import { proveOut } from "../../src/responder/prove-out.ts";
import { FIRST, kept, native, portable, range, respond, session, world } from "./pair.ts";

const BACKENDS = [
  { backend: "system calls", sockets: native },
  { backend: "node:dgram", sockets: portable },
];
const pace = { attempts: 3, perSecond: 50_000 };
const signal = new AbortController().signal;
/** A responder keeps half of so few descriptors for itself. */
const ROOM = 40;

/** Sockets that hold few ports, and hear nothing at some; what happens at those is told. */
function scarce(sockets: Sockets, deaf: ReadonlySet<number> = new Set(), tell = (_: string) => {}): Sockets {
  return {
    ...sockets,
    features: { ...sockets.features, descriptors: 2 * ROOM },
    openUdpPorts: (options): UdpPorts => {
      const ports = sockets.openUdpPorts({
        ...options,
        onDatagram: (port, ...heard) => {
          if (!deaf.has(port)) return options.onDatagram(port, ...heard);
          tell(`asked ${port}`);
          return undefined;
        },
      });
      return {
        get size() {
          return ports.size;
        },
        bind: (wanted) => ports.bind(wanted),
        release: (given) => {
          for (const port of given) tell(`released ${port}`);
          ports.release(given);
        },
        close: () => ports.close(),
      };
    },
  };
}

const fatesOf = (ports: Uint16Array, fate: (port: number) => Fate) =>
  new Map(Array.from(ports, (port) => [port, fate(port)]));

describe.each(BACKENDS)("ports of a far end with little room by $backend", ({ sockets }) => {
  it("are given back when they have replied, while silent ones are still asked", async () => {
    const told: string[] = [];
    const silent = FIRST + 402;
    await using far = await respond(
      {},
      scarce(sockets, new Set([silent]), (what) => told.push(what)),
    );
    const own = await session(far.port, {}, sockets);
    const ports = range(FIRST + 400, 5);
    const { fates } = await proveOut(own, { transport: "udp", ports, pace }, { world, sockets }, signal);
    expect(fates).toEqual(fatesOf(ports, (port) => (port === silent ? "request-lost" : "open")));
    await own.end();
    await far.event((event) => event.what === "ended");
    const askedLast = told.lastIndexOf(`asked ${silent}`);
    const releasedBefore = told.slice(0, askedLast).filter((what) => what.startsWith("released"));
    expect(releasedBefore).toEqual([400, 401, 403, 404].map((port) => `released ${FIRST + port}`));
    expect(told.slice(askedLast + 1)).toEqual([`released ${silent}`]);
  });

  it("are all proven, many times as many as there is room for, and a part of them silent", async () => {
    const ports = range(FIRST + 500, 10 * ROOM);
    const deaf = new Set(ports.filter((_, index) => index % 20 === 3));
    await using far = await respond({}, scarce(sockets, deaf));
    const own = await session(far.port, {}, sockets);
    expect(own.portsMax).toBe(ROOM);
    const { fates } = await proveOut(own, { transport: "udp", ports, pace }, { world, sockets }, signal);
    expect(fates).toEqual(fatesOf(ports, (port) => (deaf.has(port) ? "request-lost" : "open")));
    await own.end();
  });

  it("are proven in what another session leaves, or are told to find no room", async () => {
    await using far = await respond({}, scarce(sockets));
    const own = await session(far.port, {}, sockets);
    const other = await session(far.port, {}, sockets);
    kept(await other.bind("udp", range(FIRST, ROOM - 3)));
    const ports = range(FIRST + 1_000, 2 * ROOM);
    const wish = { transport: "udp", ports, pace } as const;
    const { fates } = await proveOut(own, wish, { world, sockets }, signal);
    expect(fates).toEqual(fatesOf(ports, () => "open"));
    // Its last release was under way: what answers after it comes after it.
    kept(await own.arrivals("udp", ports));
    kept(await other.bind("udp", range(FIRST + ROOM, 3)));
    const { fates: without } = await proveOut(own, wish, { world, sockets }, signal);
    expect(without).toEqual(fatesOf(ports, () => "no-resources"));
    await Promise.all([own.end(), other.end()]);
  });
});
