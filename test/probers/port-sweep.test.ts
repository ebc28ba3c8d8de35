import { expect, it } from "vitest";
import { portSweep } from "../../src/probers/port-sweep.ts";
import { decodeStun } from "../../src/wire/stun.ts";

function payload(media: boolean): Uint8Array {
  const remote = { transport: "udp", address: "127.0.0.1", port: 1024 } as const;
  const world = {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => new Uint8Array(length),
    secret: () => undefined,
  };
  return portSweep.payload({}, { host: "dc01", remote, learned: {}, world, media });
}

it("says nothing that a service would understand", () => {
  expect(payload(false)).toEqual(new Uint8Array(0));
});

it("sends media ports a Binding request, which no gateway should take for media", () => {
  expect(decodeStun(payload(true))).toMatchObject({ class: "request", method: 1, attributes: [] });
});
