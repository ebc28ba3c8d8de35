import { describe, expect, it } from "vitest";
import type { Ask } from "../../src/model/prober.ts";
import { fixture } from "../../test/wire/support.ts";
import { template } from "./oneshot.ts";

const remote = { transport: "udp", address: "127.0.0.1", port: 7 } as const;
const local = { transport: "udp", address: "127.0.0.1", port: 50_000 } as const;
const ask: Ask = {
  host: "localhost",
  remote,
  learned: {},
  world: {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length) => Uint8Array.from({ length }, (_, at) => at),
    secret: () => undefined,
  },
};

describe("template", () => {
  it("is confirmed by the reply in the fixture", () => {
    const transaction = template.start({}, ask, local);
    transaction.request(0);
    expect(transaction.read(fixture("template/reply.hex"), remote, 0).final?.service).toBe("confirmed");
  });

  it("waits on when the reply is not to this request", () => {
    const transaction = template.start({}, ask, local);
    transaction.request(0);
    expect(transaction.read(new Uint8Array(8), remote, 0)).toEqual({});
  });

  it("sends the same request again", () => {
    const transaction = template.start({}, ask, local);
    expect(transaction.request(1)).toEqual(transaction.request(0));
  });
});
