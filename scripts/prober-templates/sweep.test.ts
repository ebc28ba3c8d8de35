import { describe, expect, it } from "vitest";
import type { SweepAsk } from "../../src/model/prober.ts";
import { template } from "./sweep.ts";

const ask: SweepAsk = {
  host: "localhost",
  remote: { transport: "udp", address: "127.0.0.1", port: 1024 },
  learned: {},
  media: false,
  world: {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length) => new Uint8Array(length),
    secret: () => undefined,
  },
};

describe("template", () => {
  it("sends each port an empty datagram", () => {
    expect(template.payload({}, ask)).toEqual(new Uint8Array(0));
  });
});
