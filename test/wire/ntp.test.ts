import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeNtp,
  encodeNtp,
  kissCode,
  kissMeaning,
  MODE_CLIENT,
  MODE_SERVER,
  NTP_BYTES,
  type NtpPacket,
  ntpFromUnixMs,
  ntpRequest,
  ntpTimestamp,
  readClock,
  referenceText,
  unixMsFromNtp,
} from "../../src/wire/ntp.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const NONCE = 0xc0ffee0123456789n;
const timestamp = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const shortS = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => value / 65536);
const packet: fc.Arbitrary<NtpPacket> = fc.record({
  leap: fc.integer({ min: 0, max: 3 }),
  version: fc.integer({ min: 0, max: 7 }),
  mode: fc.integer({ min: 0, max: 7 }),
  stratum: fc.integer({ min: 0, max: 255 }),
  poll: fc.integer({ min: -128, max: 127 }),
  precision: fc.integer({ min: -128, max: 127 }),
  rootDelayS: shortS,
  rootDispersionS: shortS,
  referenceId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  reference: timestamp,
  origin: timestamp,
  receive: timestamp,
  transmit: timestamp,
});

/** A server's packet with this reference id. */
function server(stratum: number, referenceId: string): NtpPacket {
  return { ...ntpRequest(0n), mode: MODE_SERVER, stratum, referenceId: hex(referenceId) };
}

describe("NTP packets", () => {
  it("round trip", () => {
    expectRoundTrip(packet, encodeNtp, decodeNtp);
  });

  it("of a client have the bytes of RFC 5905 in both versions", () => {
    const rest = "00".repeat(39);
    expect(toHex(encodeNtp(ntpRequest(NONCE)))).toBe(`23${rest}c0ffee0123456789`);
    expect(toHex(encodeNtp(ntpRequest(NONCE, 3)))).toBe(`1b${rest}c0ffee0123456789`);
    expect(decodeNtp(encodeNtp(ntpRequest(NONCE)))).toMatchObject({ version: 4, mode: MODE_CLIENT, transmit: NONCE });
  });

  it("of a server are what was captured", () => {
    const bytes = fixture("ntp/reply-chrony.hex");
    const reply = decodeNtp(bytes);
    expect(reply).toMatchObject({
      leap: 0,
      version: 4,
      mode: MODE_SERVER,
      stratum: 8,
      precision: -26,
      rootDelayS: 0,
      origin: NONCE,
    });
    expect(referenceText(reply)).toBe("127.127.1.1");
    expect(kissCode(reply)).toBeUndefined();
    expect(toHex(encodeNtp(reply))).toBe(toHex(bytes));
    expect(decodeNtp(fixture("ntp/reply-v3-chrony.hex"))).toMatchObject({
      version: 3,
      mode: MODE_SERVER,
      origin: NONCE,
    });
  });

  it("are read with extension fields behind them", () => {
    const bytes = fixture("ntp/reply-chrony.hex");
    expect(decodeNtp(Uint8Array.of(...bytes, 1, 2, 3))).toEqual(decodeNtp(bytes));
  });

  it("refuse every truncation", () => {
    const bytes = fixture("ntp/reply-chrony.hex");
    expect(bytes).toHaveLength(NTP_BYTES);
    expectEveryTruncationRefused(decodeNtp, bytes);
  });

  it("meet any bytes with a packet or a WireError", () => {
    expectOnlyWireErrors(decodeNtp, fixture("ntp/reply-chrony.hex"));
  });

  it("refuse values that they cannot hold", () => {
    for (const wrong of [
      { leap: 4 },
      { version: 8 },
      { mode: -1 },
      { rootDelayS: 65536 },
      { referenceId: hex("01") },
    ]) {
      expect(wireErrorOf(() => encodeNtp({ ...ntpRequest(1n), ...wrong }))?.code).toBe("unencodable");
    }
  });

  it("take random bytes as a timestamp", () => {
    expect(ntpTimestamp(hex("c0ffee0123456789"))).toBe(NONCE);
    expect(wireErrorOf(() => ntpTimestamp(hex("c0")))?.code).toBe("truncated");
  });
});

describe("NTP timestamps", () => {
  it("round trip times of all eras next to a local time", () => {
    const ms = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2500, 0, 1) });
    const skewMs = fc.integer({ min: -2_000_000_000_000, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(ms, skewMs, (ms, skewMs) => {
        expect(Math.abs(unixMsFromNtp(ntpFromUnixMs(ms), ms + skewMs) - ms)).toBeLessThan(0.01);
      }),
    );
  });

  it("know 1970, and the first second of era 1", () => {
    expect(ntpFromUnixMs(0)).toBe(2_208_988_800n << 32n);
    expect(ntpFromUnixMs(500)).toBe((2_208_988_800n << 32n) | 0x8000_0000n);
    const era1Ms = Date.UTC(2036, 1, 7, 6, 28, 16);
    expect(ntpFromUnixMs(era1Ms)).toBe(0n);
    expect(unixMsFromNtp(1n << 32n, Date.UTC(2036, 0, 1))).toBe(era1Ms + 1000);
    expect(unixMsFromNtp(0xffff_ffffn << 32n, Date.UTC(2037, 0, 1))).toBe(era1Ms - 1000);
  });

  it("carry a fraction that rounds up into the seconds", () => {
    expect(ntpFromUnixMs(999.999_999_999_9)).toBe(2_208_988_801n << 32n);
  });
});

describe("readClock", () => {
  it("gives offset and delay of a server that is ahead", () => {
    const localMs = Date.UTC(2026, 10, 21);
    const reply = {
      ...server(2, "0a000001"),
      receive: ntpFromUnixMs(localMs + 20 + 5000),
      transmit: ntpFromUnixMs(localMs + 25 + 5000),
    };
    const { offsetMs, delayMs } = readClock(reply, localMs, localMs + 45);
    expect(offsetMs).toBeCloseTo(5000, 2);
    expect(delayMs).toBeCloseTo(40, 2);
  });

  it("works across the change of eras", () => {
    const localMs = Date.UTC(2036, 1, 7, 6, 28, 15, 990);
    const reply = {
      ...server(2, "0a000001"),
      receive: ntpFromUnixMs(localMs + 5),
      transmit: ntpFromUnixMs(localMs + 15),
    };
    const { offsetMs, delayMs } = readClock(reply, localMs, localMs + 20);
    expect(offsetMs).toBeCloseTo(0, 2);
    expect(delayMs).toBeCloseTo(10, 2);
  });
});

describe("reference ids", () => {
  it("of stratum 0 are kiss codes, if they are letters", () => {
    expect(kissCode(server(0, "52415445"))).toBe("RATE");
    expect(kissMeaning("RATE")).toBe("rate exceeded");
    expect(kissMeaning("XYZZ")).toBeUndefined();
    expect(kissCode(server(0, "00000000"))).toBeUndefined();
  });

  it.each([
    [1, "47505300", "GPS"],
    [1, "01020304", "1.2.3.4"],
    [2, "47505300", "71.80.83.0"],
    [0, "00000000", "0.0.0.0"],
    [0, "44454e59", "DENY"],
  ])("of stratum %i in %s read %s", (stratum, bytes, text) => {
    expect(referenceText(server(stratum, bytes))).toBe(text);
  });
});
