import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeHandshake,
  encodeHandshake,
  type HandshakeMessage,
  handshakeLength,
  OLD_CIPHER_SUITES,
  RENEGOTIATION_INFO,
} from "../../src/wire/tls-hello.ts";
import { decodeTlsRecord, TLS_VERSION, tlsFrameLength } from "../../src/wire/tls-record.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const RANDOM = new Uint8Array(32).fill(0xa5);

const message: fc.Arbitrary<HandshakeMessage> = fc.oneof(
  fc.record({
    type: fc.constant("clientHello" as const),
    version: fc.constantFrom(...Object.values(TLS_VERSION)),
    random: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    cipherSuites: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 40 }),
  }),
  fc.record({
    type: fc.constant("clientHello" as const),
    version: fc.constant(TLS_VERSION.tls10),
    random: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    cipherSuites: fc.constant([...OLD_CIPHER_SUITES.keys()]),
    serverName: fc.stringMatching(/^[a-z][a-z0-9.-]{0,60}$/),
  }),
  fc.record({
    type: fc.constant("serverHello" as const),
    version: fc.constantFrom(...Object.values(TLS_VERSION)),
    random: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    sessionId: fc.uint8Array({ maxLength: 32 }),
    cipherSuite: fc.integer({ min: 0, max: 0xffff }),
  }),
  fc.record({
    type: fc.constant("certificate" as const),
    certificates: fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("other" as const),
    code: fc.constantFrom(0, 4, 12, 13, 14, 20),
    body: fc.uint8Array({ maxLength: 100 }),
  }),
);

/** The handshake messages of the server's first flight, as openssl sent them. */
function flight(): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let bytes = fixture("tls/server-flight-tls10-openssl.hex");
  while (bytes.length > 0) {
    const length = tlsFrameLength(bytes)!;
    messages.push(decodeTlsRecord(bytes.slice(0, length)).fragment);
    bytes = bytes.slice(length);
  }
  return messages;
}

describe("TLS handshake messages", () => {
  it("round trip", () => {
    expectRoundTrip(message, encodeHandshake, decodeHandshake);
  });

  it("of a client have the bytes that tshark reads as a hello of TLS 1.0", () => {
    const cipherSuites = [...OLD_CIPHER_SUITES.keys(), RENEGOTIATION_INFO];
    const hello = { type: "clientHello", version: TLS_VERSION.tls10, random: RANDOM, cipherSuites } as const;
    expect(toHex(encodeHandshake({ ...hello, serverName: "dc01.example.com" }))).toBe(
      `0100004e0301${"a5".repeat(32)}00000c00040005000a002f003500ff01000019000000150013000010${toHex(Buffer.from("dc01.example.com"))}`,
    );
  });

  it("of a server are what was captured", () => {
    const [hello, certificate, done] = flight().map(decodeHandshake);
    expect(hello).toMatchObject({ type: "serverHello", version: TLS_VERSION.tls10, cipherSuite: 0x002f });
    expect(done).toEqual({ type: "other", code: 14, body: new Uint8Array(0) });
    const chain = certificate?.type === "certificate" ? certificate.certificates : [];
    expect(chain.map((der) => new X509Certificate(der).subject)).toEqual(["O=unity-probe tests\nCN=dc01.example.com"]);
  });

  it("refuse every truncation", () => {
    for (const bytes of flight()) expectEveryTruncationRefused(decodeHandshake, bytes);
    const suites = encodeHandshake({ type: "clientHello", version: 0x0301, random: RANDOM, cipherSuites: [4] });
    expectEveryTruncationRefused(decodeHandshake, suites);
  });

  it("meet any bytes with a message or a WireError", () => {
    for (const bytes of flight()) {
      expectOnlyWireErrors(decodeHandshake, bytes);
      expectOnlyWireErrors(handshakeLength, bytes);
    }
  });

  it.each([
    ["a message of 16 MiB", "0bffffff", "limit"],
    ["bytes behind it", "0e00000000", "malformed"],
    ["an empty certificate", "0b000006000003000000", "malformed"],
    ["a session id of 33 octets", `02000048${"0301"}${"a5".repeat(32)}21${"00".repeat(37)}`, "malformed"],
    ["a compression", `02000026${"0301"}${"a5".repeat(32)}00002f01`, "malformed"],
  ])("refuse %s", (_what, bytes, code) => {
    expect(wireErrorOf(() => decodeHandshake(hex(bytes)))?.code).toBe(code);
  });

  it("refuse more certificates than any chain has", () => {
    const certificates = Array.from({ length: 33 }, () => hex("30"));
    expect(wireErrorOf(() => decodeHandshake(encodeHandshake({ type: "certificate", certificates })))?.code).toBe(
      "limit",
    );
  });

  it("refuse values that they cannot hold", () => {
    const hello = { type: "clientHello", version: 0x0301, random: hex("00"), cipherSuites: [4] } as const;
    expect(wireErrorOf(() => encodeHandshake(hello))?.code).toBe("unencodable");
  });
});
