import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodePrelogin,
  encodePrelogin,
  encryptionName,
  type Prelogin,
  preloginFrameLength,
  preloginOption,
  preloginRequest,
  preloginVersion,
  sqlServerName,
} from "../../src/wire/tds.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  hex,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const REQUEST = printed("tds-prelogin-request");
const RESPONSE = printed("tds-prelogin-response");

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const option = fc.record({ token: fc.integer({ min: 1, max: 0xfe }), data: fc.uint8Array({ maxLength: 40 }) });
const prelogin: fc.Arbitrary<Prelogin> = fc.record({
  type: fc.constantFrom("request" as const, "response" as const),
  options: fc
    .tuple(bytes(6), fc.array(option, { maxLength: 8 }))
    .map(([version, others]) => [{ token: 0, data: version }, ...others]),
});

/** A packet with these options behind its head. */
function packet(options: string): Uint8Array {
  const data = hex(options);
  return Uint8Array.of(4, 1, 0, 8 + data.length, 0, 0, 1, 0, ...data);
}

describe("TDS pre-login", () => {
  it("round trips, and its frame length is its length", () => {
    expectRoundTrip(prelogin, encodePrelogin, decodePrelogin);
    fc.assert(
      fc.property(prelogin, (prelogin) => {
        const encoded = encodePrelogin(prelogin);
        expect(preloginFrameLength(encoded)).toBe(encoded.length);
      }),
    );
  });

  it("is read as the specification prints it, and written so", () => {
    const request = decodePrelogin(REQUEST);
    expect(request.type).toBe("request");
    expect(preloginVersion(request)).toEqual({ major: 9, minor: 0, build: 0, subBuild: 0 });
    expect(toHex(encodePrelogin(request))).toBe(toHex(REQUEST));
  });

  it("is read from captured bytes of SQL Server 2008", () => {
    const response = decodePrelogin(RESPONSE);
    expect(response.type).toBe("response");
    expect(preloginVersion(response)).toEqual({ major: 10, minor: 0, build: 2531, subBuild: 0 });
    expect(preloginOption(response, "encryption")).toEqual(Uint8Array.of(1));
    expect(preloginOption(response, "instance")).toEqual(Uint8Array.of(0));
    expect(preloginOption(response, "threadId")).toEqual(new Uint8Array());
    expect(toHex(encodePrelogin(response))).toBe(toHex(RESPONSE));
  });

  it("asks with the printed request's bytes, save encryption, thread and MARS", () => {
    const ours = Uint8Array.from(REQUEST).fill(0, 40);
    expect(toHex(encodePrelogin(preloginRequest()))).toBe(toHex(ours));
  });

  it("asks for an instance by name", () => {
    const request = decodePrelogin(encodePrelogin(preloginRequest("UNITY")));
    expect(preloginOption(request, "instance")).toEqual(Uint8Array.from(Buffer.from("UNITY\0")));
  });

  it("refuses every truncation", () => {
    expectEveryTruncationRefused(decodePrelogin, REQUEST);
    expectEveryTruncationRefused(decodePrelogin, RESPONSE);
  });

  it("meets any bytes with a packet or a WireError", () => {
    for (const message of [REQUEST, RESPONSE]) {
      expectOnlyWireErrors(decodePrelogin, message);
      expectOnlyWireErrors(preloginFrameLength, message);
    }
  });

  it.each(["48", "04 00", "04 03", "04 01 000d", "04 01 1001"])("has no head %s", (head) => {
    expect(wireErrorOf(() => preloginFrameLength(hex(head)))?.code).toBe("malformed");
  });

  it.each([
    ["no version", "ff 0000 0000 0000"],
    ["a version that is not first", "01 000b 0001 00 000b 0006 ff 000000000000"],
    ["half a version", "00 0006 0004 ff 00000000"],
  ])("is no packet with %s", (_, options) => {
    expect(wireErrorOf(() => decodePrelogin(packet(options)))?.code).toBe("malformed");
  });

  it.each([
    ["an option beyond its end", "00 0006 0007 ff 000000000000"],
    ["options without end", "00 0000 0006 00 0000 0006"],
  ])("is no packet with %s", (_, options) => {
    expect(wireErrorOf(() => decodePrelogin(packet(options)))?.code).toBe("truncated");
  });

  it("goes by names", () => {
    const name = (major: number, minor = 0) => sqlServerName({ major, minor, build: 0, subBuild: 0 });
    expect([name(8), name(9), name(10), name(10, 50), name(16), name(7)]).toEqual([
      "SQL Server 2000",
      "SQL Server 2005",
      "SQL Server 2008",
      "SQL Server 2008 R2",
      "SQL Server 2022",
      undefined,
    ]);
    expect([0, 1, 2, 3, 9].map(encryptionName)).toEqual([
      "of the log-on only",
      "on",
      "not supported",
      "required",
      "encryption 9",
    ]);
  });
});
