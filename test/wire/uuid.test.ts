import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteOrder, Reader, Writer } from "../../src/wire/bytes.ts";
import { decodeUuid, encodeUuid, NIL_UUID } from "../../src/wire/uuid.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  toHex,
  wireErrorOf,
} from "./support.ts";

const EPM = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";

function encode(uuid: string, order: ByteOrder): Uint8Array {
  const writer = new Writer();
  encodeUuid(writer, uuid, order);
  return writer.finish();
}

const decode = (bytes: Uint8Array): string => decodeUuid(new Reader(bytes), "le");

describe("UUIDs", () => {
  it.each(["be", "le"] as const)("round trip in %s", (order) => {
    expectRoundTrip(
      fc.uuid({ version: [1, 2, 3, 4, 5] }),
      (uuid) => encode(uuid, order),
      (bytes) => decodeUuid(new Reader(bytes), order),
    );
  });

  it("change three fields with the byte order, and no more", () => {
    expect(toHex(encode(EPM, "be"))).toBe(EPM.replaceAll("-", ""));
    expect(toHex(encode(EPM, "le"))).toBe("0883afe11f5dc91191a408002b14a0fa");
  });

  it("are read from captured bytes", () => {
    const reader = new Reader(fixture("dcerpc/bind-ack-epm-samba.hex"), 40);
    expect(decodeUuid(reader, "le")).toBe("8a885d04-1ceb-11c9-9fe8-08002b104860");
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decode, encode(EPM, "le"));
  });

  it("meet any bytes with a UUID or a WireError", () => {
    expectOnlyWireErrors(decode, encode(NIL_UUID, "le"));
  });

  it.each(["", "no uuid", EPM.toUpperCase(), `{${EPM}}`, `${EPM}0`])("are not written from %j", (text) => {
    expect(wireErrorOf(() => encode(text, "le"))?.code).toBe("unencodable");
  });
});
