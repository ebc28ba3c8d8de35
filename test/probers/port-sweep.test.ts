import { expect, it } from "vitest";
import { portSweep } from "../../src/probers/port-sweep.ts";

it("says nothing that a service would understand", () => {
  const remote = { transport: "udp", address: "127.0.0.1", port: 1024 } as const;
  const world = {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => new Uint8Array(length),
    secret: () => undefined,
  };
  expect(portSweep.payload({}, { host: "dc01", remote, learned: {}, world })).toEqual(new Uint8Array(0));
});
