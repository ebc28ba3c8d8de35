/** The other direction, where it takes long: what the prober asks of the far end at once, and how it is interrupted. */
import { expect, it } from "vitest";
import { proveIn } from "../../src/responder/prove-in.ts";
import { FIRST, native, range, respond, session, world } from "./pair.ts";

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
