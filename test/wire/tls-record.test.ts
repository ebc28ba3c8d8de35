import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeTlsAlert,
  decodeTlsRecord,
  encodeTlsAlert,
  encodeTlsRecord,
  TLS_ALERT,
  TLS_CONTENT,
  TLS_VERSION,
  tlsFrameLength,
} from "../../src/wire/tls-record.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  wireErrorOf,
} from "./support.ts";

const ALERT = fixture("tls/alert-protocol-version-openssl.hex");

const record = fc.record({
  type: fc.constantFrom(...Object.values(TLS_CONTENT)),
  version: fc.constantFrom(...Object.values(TLS_VERSION)),
  fragment: fc.uint8Array({ minLength: 1, maxLength: 400 }),
});

describe("TLS records", () => {
  it("round trip", () => {
    expectRoundTrip(record, encodeTlsRecord, decodeTlsRecord);
  });

  it("of a server that refuses are what was captured", () => {
    const { type, version, fragment } = decodeTlsRecord(ALERT);
    expect({ type, version }).toEqual({ type: TLS_CONTENT.alert, version: TLS_VERSION.tls10 });
    expect(decodeTlsAlert(fragment)).toEqual({ level: TLS_ALERT.fatal, description: 70 });
    expect(encodeTlsAlert(decodeTlsAlert(fragment))).toEqual(fragment);
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeTlsRecord, ALERT);
    expectEveryTruncationRefused(decodeTlsAlert, hex("0246"));
  });

  it("meet any bytes with a record or a WireError", () => {
    expectOnlyWireErrors(decodeTlsRecord, ALERT);
    expectOnlyWireErrors(decodeTlsAlert, hex("0246"));
    expectOnlyWireErrors(tlsFrameLength, ALERT);
  });

  it.each([
    ["48545450", "malformed"],
    ["1602", "malformed"],
    ["1603010000", "malformed"],
    ["1603014801", "limit"],
    ["15030100020246ff", "malformed"],
  ])("%s is %s", (bytes, code) => {
    expect(wireErrorOf(() => decodeTlsRecord(hex(bytes)))?.code).toBe(code);
  });

  it("show as soon as their first octets that they are none", () => {
    expect(tlsFrameLength(hex(""))).toBeUndefined();
    expect(tlsFrameLength(hex("16030100"))).toBeUndefined();
    expect(wireErrorOf(() => tlsFrameLength(hex("32")))?.code).toBe("malformed");
  });

  it("refuse values that they cannot hold", () => {
    const empty = { type: TLS_CONTENT.alert, version: TLS_VERSION.tls12, fragment: new Uint8Array(0) };
    expect(wireErrorOf(() => encodeTlsRecord(empty))?.code).toBe("unencodable");
    expect(wireErrorOf(() => encodeTlsRecord({ ...empty, fragment: new Uint8Array(20_000) }))?.code).toBe(
      "unencodable",
    );
  });

  it("hold alerts of two levels", () => {
    expect(wireErrorOf(() => decodeTlsAlert(hex("0346")))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeTlsAlert(hex("024600")))?.code).toBe("malformed");
  });
});
