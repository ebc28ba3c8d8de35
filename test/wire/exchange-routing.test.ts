import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeRoutingBanner,
  encodeRoutingBanner,
  type RoutingBanner,
  routingBannerLength,
} from "../../src/wire/exchange-routing.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const banner: fc.Arbitrary<RoutingBanner> = fc.record({ version: fc.stringMatching(/^\d[-.\w ]{0,63}$/) });
const PRINTED = printed("exchange-routing-banner");
const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, "latin1"));

describe("the routing banner", () => {
  it("round trips", () => expectRoundTrip(banner, encodeRoutingBanner, decodeRoutingBanner));

  it("is read and written as nmap's pattern has it (no captured bytes are to be had)", () => {
    expect(decodeRoutingBanner(PRINTED)).toEqual({ version: "6.5.7226.0" });
    expect(toHex(encodeRoutingBanner({ version: "6.5.7226.0" }))).toBe(toHex(PRINTED));
  });

  it("may have other numbers", () => {
    const other = text("{1f} NODEINFO (12) {3a}Version: 6.0 Microsoft Routing Server ready\r\n");
    expect(decodeRoutingBanner(other)).toEqual({ version: "6.0" });
  });

  it("refuses every truncation", () => expectEveryTruncationRefused(decodeRoutingBanner, PRINTED));

  it("meets any bytes with a banner or a WireError", () => {
    expectOnlyWireErrors(decodeRoutingBanner, PRINTED);
    expectOnlyWireErrors(routingBannerLength, PRINTED);
  });

  it.each(["2", "{0000004c} NODEINFO (5)\n", "{4c} NODEINFO (5) {38}Version: 6 Microsoft Routing Server ready\n"])(
    "is not %j",
    (words) => {
      expect(wireErrorOf(() => decodeRoutingBanner(text(words)))?.code).toBe("malformed");
    },
  );

  it("has no line without end", () => {
    expect(wireErrorOf(() => routingBannerLength(text(`{${"0".repeat(511)}`)))?.code).toBe("limit");
    expect(wireErrorOf(() => routingBannerLength(text(`{${"0".repeat(511)}\n`)))?.code).toBe("limit");
    expect(routingBannerLength(text(`{${"0".repeat(510)}`))).toBeUndefined();
  });

  it("ends where it ends, and bears a version", () => {
    expect(wireErrorOf(() => decodeRoutingBanner(Uint8Array.of(...PRINTED, 0x20)))?.code).toBe("malformed");
    expect(wireErrorOf(() => encodeRoutingBanner({ version: "\r\n" }))?.code).toBe("unencodable");
  });
});
