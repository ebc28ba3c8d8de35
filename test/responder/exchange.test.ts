import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { Proof } from "../../src/model/far-end.ts";
import { proveIn } from "../../src/responder/prove-in.ts";
import { proveOut } from "../../src/responder/prove-out.ts";
import { AT, FIRST, kept, native, portable, range, respond, session, world } from "./pair.ts";

const BACKENDS = [
  { backend: "system calls", sockets: native },
  { backend: "node:net and node:dgram", sockets: portable },
];
const pace = { attempts: 3, perSecond: 50_000 };
const signal = new AbortController().signal;

const complete = ({ fates, lost }: Proof): Proof["fates"] => {
  expect(lost).toBeUndefined();
  return fates;
};

const count = (fates: ReadonlyMap<number, string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const fate of fates.values()) counts[fate] = (counts[fate] ?? 0) + 1;
  return counts;
};

describe.each(BACKENDS)("an exchange by $backend", ({ sockets }) => {
  it.each(["udp", "tcp"] as const)("proves %s ports in both directions", async (transport) => {
    await using far = await respond({}, sockets);
    const own = await session(far.port, {}, sockets);
    const parts = { world, sockets };
    const ports = range(FIRST + 100, 200);
    // The reverse direction first, as the protocol asks.
    expect(count(complete(await proveIn(own, { transport, ports, pace }, parts, signal)))).toEqual({ open: 200 });
    expect(count(complete(await proveOut(own, { transport, ports, pace }, parts, signal)))).toEqual({ open: 200 });
    await own.end();
    expect(own.lost).toBeUndefined();
  });

  it("tells what another program holds, and does not touch it", async () => {
    await using far = await respond({}, sockets);
    const udp = createSocket("udp4").bind(FIRST + 301, AT);
    await once(udp, "listening");
    const tcp = createServer().listen(FIRST + 302, AT);
    await once(tcp, "listening");
    const heard: unknown[] = [];
    udp.on("message", (bytes) => heard.push(bytes));
    const own = await session(far.port, {}, sockets);
    const ports = range(FIRST + 300, 4);
    const parts = { world, sockets };
    const overUdp = complete(await proveOut(own, { transport: "udp", ports, pace }, parts, signal));
    const overTcp = complete(await proveOut(own, { transport: "tcp", ports, pace }, parts, signal));
    expect([...overUdp].sort()).toEqual([
      [FIRST + 300, "open"],
      [FIRST + 301, "in-use"],
      [FIRST + 302, "open"],
      [FIRST + 303, "open"],
    ]);
    expect(overTcp.get(FIRST + 302)).toBe("in-use");
    expect(heard).toEqual([]);
    await own.end();
    udp.close();
    tcp.close();
  });
});

it("takes 9,968 ports, and frees them", async () => {
  await using far = await respond();
  const own = await session(far.port);
  const wish = { transport: "udp", ports: range(FIRST, 9_968), pace } as const;
  const fates = complete(await proveOut(own, wish, { world, sockets: native }, signal));
  expect(count(fates)).toEqual({ open: 9_968 });
  await own.end();
  await far.event((event) => event.what === "ended");
  const again = await session(far.port);
  const { bound } = kept(await again.bind("udp", range(FIRST, 9_968)));
  expect(bound).toHaveLength(9_968);
  await again.end();
});
