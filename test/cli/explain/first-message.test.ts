import { describe, expect, it } from "vitest";
import { firstMessage } from "../../../src/cli/explain/first-message.ts";
import { hexDump } from "../../../src/cli/explain/hex-dump.ts";
import type { Dialogue } from "../../../src/model/prober.ts";
import type { Transport } from "../../../src/model/words.ts";
import { loadProber, proberIds } from "../../../src/probers/index.ts";
import { decodePdu } from "../../../src/wire/dcerpc.ts";
import { decodeLdap } from "../../../src/wire/ldap.ts";
import { decodeNtp } from "../../../src/wire/ntp.ts";

/** Here the server speaks first, or nothing is said but a handshake. */
const NO_BYTES = new Map<string, string>([
  ...["port-sweep tcp", "tcp-connect tcp", "exchange-routing tcp", "sccp tcp", "smtp tcp", "vnc tcp"].map(
    (wire) => [wire, "waits"] as const,
  ),
  ["tls tcp", "handshake"],
]);

const everyWire = await Promise.all(
  proberIds.map(async (id) => {
    const prober = await loadProber(id);
    return prober.transports.map((transport) => ({ id, transport, prober }));
  }),
);

describe("the first message", () => {
  it.each(everyWire.flat())(
    "of $id over $transport is built, and the same each time",
    async ({ id, transport, prober }) => {
      const [first, again] = [await firstMessage(prober, transport), await firstMessage(prober, transport)];
      expect(again).toEqual(first);
      expect(first instanceof Uint8Array ? undefined : first).toBe(NO_BYTES.get(`${id} ${transport}`));
    },
  );

  it("is what the codec reads", async () => {
    const bytesOf = async (id: string, transport: Transport) => {
      const message = await firstMessage(await loadProber(id), transport);
      return message instanceof Uint8Array ? message : new Uint8Array();
    };
    expect(decodeNtp(await bytesOf("ntp", "udp"))).toMatchObject({ mode: 3, version: 4 });
    const bind = decodeLdap(await bytesOf("ldap-bind", "tcp"));
    expect(bind.operation).toMatchObject({ type: "bindRequest" });
    const rpc = decodePdu(await bytesOf("rpc-bind", "tcp"));
    expect(rpc).toMatchObject({ type: "bind" });
  });

  it("of a dialogue is the first, also where it goes on to further connections", async () => {
    const stubborn = {
      kind: "dialogue",
      params: {},
      async run(_params, ask) {
        for (const byte of [1, 2]) {
          const connection = await ask.connect();
          connection?.send(Uint8Array.of(byte));
          await connection?.receive(() => 1, 1);
        }
        return undefined;
      },
    } as Partial<Dialogue<never>> as Dialogue<never>;
    expect(await firstMessage(stubborn, "tcp")).toEqual(Uint8Array.of(1));
  });

  it("of a server that speaks first is none", async () => {
    const listener = { kind: "dialogue", params: {}, run: async () => undefined } as Partial<
      Dialogue<never>
    > as Dialogue<never>;
    expect(await firstMessage(listener, "tcp")).toBe("waits");
  });
});

describe("a hex dump", () => {
  it.each([
    [0, []],
    [1, ["0000  41                                                A"]],
    [16, ["0000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  AAAAAAAAAAAAAAAA"]],
    [
      17,
      [
        "0000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  AAAAAAAAAAAAAAAA",
        "0010  41                                                A",
      ],
    ],
  ])("of %i bytes", (length, lines) => {
    expect(hexDump(new Uint8Array(length).fill(0x41))).toEqual(lines);
  });

  it("shows what is no text as a dot", () => {
    expect(hexDump(Uint8Array.of(0x1f, 0x20, 0x7e, 0x7f, 0xff))[0]).toMatch(/ {2}\. ~\.\.$/);
  });
});
