import { describe, expect, it } from "vitest";
import type { Ask, Connection, Dialer } from "../../src/model/prober.ts";
import { WireError } from "../../src/wire/bytes.ts";
import { fixture } from "../../test/wire/support.ts";
import { template } from "./dialogue.ts";

/** What the prober is told about a peer that answers with `reply`, or closes the connection when there is none. */
function askOf(reply: Uint8Array | undefined): Ask & Dialer {
  const connection: Connection = {
    local: { transport: "tcp", address: "127.0.0.1", port: 50_000 },
    send: () => {},
    receive: async () => reply,
    pending: () => new Uint8Array(0),
    startTls: async () => undefined,
  };
  return {
    host: "localhost",
    remote: { transport: "tcp", address: "127.0.0.1", port: 7 },
    learned: {},
    world: {
      monotonicMs: () => 0,
      wallMs: () => 0,
      sleep: () => Promise.resolve(),
      randomBytes: (length) => Uint8Array.from({ length }, (_, at) => at),
      secret: () => undefined,
    },
    connect: async () => connection,
    latest: () => undefined,
    noteHandshake: () => {},
  };
}

describe("template", () => {
  it("is confirmed by the reply in the fixture", async () => {
    expect((await template.run({}, askOf(fixture("template/reply.hex"))))?.service).toBe("confirmed");
  });

  it("refuses a reply that is something else", async () => {
    await expect(template.run({}, askOf(new Uint8Array(8)))).rejects.toThrow(WireError);
  });

  it("understands nothing when the peer closes", async () => {
    expect(await template.run({}, askOf(undefined))).toBeUndefined();
  });
});
