import { describe, expect, it } from "vitest";
import { decodeNetbiosDatagram, encodeNetbiosDatagram, type NetbiosDatagram } from "../../src/wire/netbios.ts";
import { fixture } from "../wire/support.ts";
import { begin } from "./transaction.ts";

/** Of random bytes 0 and 1. */
const OURS = 0x0001;
const HEAD = { datagramId: OURS, sourceAddress: "127.0.0.2", sourcePort: 138 } as const;

async function read(bytes: Uint8Array) {
  const transaction = await begin("netbios-datagram", "udp");
  return transaction.read(bytes);
}

const error = (how: Partial<NetbiosDatagram & { code: number }> = {}) =>
  encodeNetbiosDatagram({ ...HEAD, code: 0x82, ...how, type: "datagramError" });

describe("the NetBIOS datagram", () => {
  it("goes from us, to a name that nobody has, and carries nothing", async () => {
    const { request } = await begin("netbios-datagram", "udp");
    expect(decodeNetbiosDatagram(request)).toEqual({
      type: "directUnique",
      datagramId: OURS,
      sourceAddress: "127.0.0.1",
      sourcePort: 50_000,
      source: expect.objectContaining({ name: "UNITYPROBE", suffix: 0 }),
      destination: expect.objectContaining({ name: "UNITYPROBE-NONE", suffix: 0x20 }),
      data: new Uint8Array(0),
    });
  });

  it("is the same when it is sent again", async () => {
    const { request, resend } = await begin("netbios-datagram", "udp");
    expect(resend).toEqual(request);
  });
});

describe("what comes back", () => {
  it("is a refusal when it is an error about our datagram", async () => {
    expect((await read(error())).final).toEqual({
      service: "refused",
      detail: "the datagram service answers: destination name not present",
      evidence: { error: "destination name not present", spoofResistance: "16-bit id" },
    });
  });

  it.each([
    ["an error about another datagram", error({ datagramId: 2 })],
    ["an error with something behind it", Buffer.concat([error(), new Uint8Array(1)])],
    ["our own datagram, as an echo service sends it", undefined],
    ["somebody else's datagram, as it was captured", fixture("netbios/direct-unique-samba.hex")],
  ])("is passed over when it is %s", async (_, bytes) => {
    expect(await read(bytes ?? (await begin("netbios-datagram", "udp")).request)).toEqual({});
  });

  it("is a mismatch in case that nothing better comes when it is no NetBIOS datagram", async () => {
    expect((await read(Uint8Array.from(Buffer.from("220 mail ESMTP\r\n")))).soFar?.service).toBe("mismatch");
  });
});
