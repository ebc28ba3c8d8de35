import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../src/wire/bytes.ts";
import { decodeIpv4, encodeIpv4 } from "../../src/wire/ipv4.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  wireErrorOf,
} from "./support.ts";

function encode(address: string): Uint8Array {
  const writer = new Writer();
  encodeIpv4(writer, address);
  return writer.finish();
}

const decode = (bytes: Uint8Array): string => decodeIpv4(new Reader(bytes));

describe("IPv4 addresses", () => {
  it("round trip", () => {
    expectRoundTrip(fc.ipV4(), encode, decode);
    expect(encode("10.20.1.255")).toEqual(hex("0a1401ff"));
  });

  it("are read from captured bytes", () => {
    expect(decode(fixture("ntp/reply-chrony.hex").slice(12, 16))).toBe("127.127.1.1");
  });

  it("refuse every truncation, and take any four bytes", () => {
    expectEveryTruncationRefused(decode, encode("10.20.1.10"));
    expectOnlyWireErrors(decode, encode("10.20.1.10"));
  });

  it.each(["", "1.2.3", "1.2.3.256", "1..2.3", "1.2.3.4.5", "::1", " 1.2.3.4", "0x1.2.3.4"])(
    "are not written from %j",
    (text) => expect(wireErrorOf(() => encode(text))?.code).toBe("unencodable"),
  );
});
