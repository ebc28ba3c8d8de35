import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../src/wire/bytes.ts";
import { decodeIpv6, encodeIpv6 } from "../../src/wire/ipv6.ts";
import { expectEveryTruncationRefused, expectOnlyWireErrors, fixture, hex, toHex, wireErrorOf } from "./support.ts";

function encode(address: string): Uint8Array {
  const writer = new Writer();
  encodeIpv6(writer, address);
  return writer.finish();
}

const decode = (bytes: Uint8Array): string => decodeIpv6(new Reader(bytes));

describe("IPv6 addresses", () => {
  it("come back as the same bytes, in the text that a URL has for them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = decode(bytes);
        expect(encode(text)).toEqual(bytes);
        expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it.each([
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["fe80::", "fe800000000000000000000000000000"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
    ["2001:db8::1:0:0:1", "20010db8000000000001000000000001"],
    ["2001:0:0:1::", "20010000000000010000000000000000"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ])("%s is written as RFC 5952 section 4 says", (text, bytes) => {
    expect(decode(hex(bytes))).toBe(text);
    expect(toHex(encode(text))).toBe(bytes);
  });

  it("are read from bytes of RFC 5769", () => {
    const masked = fixture("stun/rfc5769-response-ipv6.hex").slice(44, 60);
    const key = fixture("stun/rfc5769-response-ipv6.hex").slice(4, 20);
    expect(decode(masked.map((byte, at) => byte ^ key[at]!))).toBe("2001:db8:1234:5678:11:2233:4455:6677");
  });

  it("refuse every truncation, and take any sixteen bytes", () => {
    expectEveryTruncationRefused(decode, encode("2001:db8::1"));
    expectOnlyWireErrors(decode, encode("2001:db8::1"));
  });

  it.each(["", ":", ":::", "1:2:3", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "12345::", "g::", "1.2.3.4"])(
    "are not written from %j",
    (text) => expect(wireErrorOf(() => encode(text))?.code).toBe("unencodable"),
  );
});
