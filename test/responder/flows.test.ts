import { expect, it } from "vitest";
import { Flows } from "../../src/responder/flows.ts";
import { proveIn } from "../../src/responder/prove-in.ts";
import { FIRST, native, range, respond, session, world } from "./pair.ts";

const parts = { world, sockets: native };
const pace = { attempts: 1, perSecond: 50_000 };

it("knows a flow by its transport and both of its ports", () => {
  const flows = new Flows();
  flows.add("udp", 50_000, 40_000);
  expect(flows.has("udp", 50_000, 40_000)).toBe(true);
  expect(flows.has("udp", 40_000, 50_000)).toBe(false);
  expect(flows.has("udp", 50_000, 40_001)).toBe(false);
  expect(flows.has("tcp", 50_000, 40_000)).toBe(false);
});

it.each(["udp", "tcp"] as const)("over %s a session knows by which flows the far end reached us", async (transport) => {
  await using far = await respond();
  const own = await session(far.port);
  await proveIn(own, { transport, ports: range(FIRST + 700, 2), pace }, parts, new AbortController().signal);
  const everyPort = [...range(1, 65_535)];
  const isKnown = (port: number) => everyPort.some((far) => own.flows.has(transport, port, far));
  const known = [FIRST + 699, FIRST + 700, FIRST + 701].map(isKnown);
  expect(known).toEqual([false, true, true]);
  await own.end();
});
