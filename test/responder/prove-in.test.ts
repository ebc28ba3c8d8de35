/** The other direction, where it takes long: what the prober asks of the far end at once, and how it is interrupted. */
import { describe, expect, it } from "vitest";
import { proveIn } from "../../src/responder/prove-in.ts";
import { AT, FIRST, kept, native, range, respond, session, world } from "./pair.ts";

const parts = { world, sockets: native };

it("asks no more of the far end than it takes: ten attempts are its five", async () => {
  await using far = await respond();
  const own = await session(far.port);
  const wish = { transport: "udp", ports: range(FIRST, 3), pace: { attempts: 10, perSecond: 1_000 } } as const;
  const { fates, lost } = await proveIn(own, wish, parts, new AbortController().signal);
  expect([lost, [...fates.values()]]).toEqual([undefined, ["open", "open", "open"]]);
  await own.end();
});

it("asks for so few ports at once that a slow pace outlasts no answer's time", async () => {
  await using far = await respond();
  const own = await session(far.port);
  const sends: number[] = [];
  const send = own.send.bind(own);
  own.send = (transport, ports, pace) => {
    sends.push(ports.length);
    return send(transport, ports, { ...pace, perSecond: 50_000 });
  };
  const wish = { transport: "udp", ports: range(FIRST, 100), pace: { attempts: 3, perSecond: 2 } } as const;
  const { fates } = await proveIn(own, wish, parts, new AbortController().signal);
  expect(fates.size).toBe(100);
  // Three tries and two more of each at two a second are over within 40 s.
  expect(Math.max(...sends)).toBe(16);
  await own.end();
});

it("does not wait for the far end once it is interrupted", async () => {
  await using far = await respond();
  const own = await session(far.port);
  const interrupt = new AbortController();
  const wish = { transport: "udp", ports: range(FIRST, 50), pace: { attempts: 1, perSecond: 1 } } as const;
  const proving = proveIn(own, wish, parts, interrupt.signal);
  await far.event(({ what }) => what === "connected");
  interrupt.abort();
  const { fates, lost } = await proving;
  expect([lost, fates.size]).toEqual([undefined, 0]);
  await own.end();
});

describe.each(["udp", "tcp"] as const)("over %s", (transport) => {
  const { ephemeralPorts = { from: 32_768, to: 60_999 } } = native.features;
  const pace = { attempts: 2, perSecond: 50_000 } as const;
  const wish = { transport, ports: range(FIRST + 800, 20), pace };
  const aborted = new AbortController().signal;
  /** Started for the ports that are asked, and for all from which systems send but those from `free` on. */
  const startedFor = (free: number) => {
    const spans = [
      { first: FIRST + 800, last: FIRST + 819, step: 1 },
      { first: ephemeralPorts.from, last: free - 1, step: 1 },
    ] as const;
    return respond({ listed: { udp: spans, tcp: spans } });
  };

  it("a responder that is just started sends from no port that one before it may have asked", async () => {
    await using far = await startedFor(ephemeralPorts.to + 1);
    const own = await session(far.port);
    const { fates, packets } = await proveIn(own, wish, parts, aborted);
    expect([new Set(fates.values()), fates.size, packets]).toEqual([new Set(["mirrored"]), 20, 0]);
    await own.end();
  });

  it("it finds those that are left, however few they are", async () => {
    const free = ephemeralPorts.to - 99;
    await using far = await startedFor(free);
    const own = await session(far.port);
    const { fates } = await proveIn(own, wish, parts, aborted);
    expect([new Set(fates.values()), fates.size]).toEqual([new Set(["open"]), 20]);
    const left = [...range(free, 100)];
    const isKnown = (port: number) => left.some((from) => own.flows.has(transport, port, from));
    expect([...wish.ports].filter((port) => !isKnown(port))).toEqual([]);
    await own.end();
  });

  it.runIf(native.features.tcpErrorQueue.has && native.features.udpErrorQueue4.has)(
    "whoever refused what the far end sent is told, port by port",
    async () => {
      await using far = await respond();
      const own = await session(far.port);
      // Nobody listens: the system refuses in our place.
      const { errors, answered, unsent } = kept(await own.send(transport, wish.ports, pace));
      const refused =
        transport === "udp" ? { code: "EHOSTUNREACH", icmp: { type: 3, code: 3, from: AT } } : { code: "ECONNREFUSED" };
      expect([...errors]).toEqual([...wish.ports].map((port) => [port, refused]));
      expect([answered.includes(1), unsent.includes(1)]).toEqual([false, false]);
      await own.end();
    },
  );
});
