import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodePseudoClientHello,
  decodePseudoServerHello,
  decodeTurnFrame,
  encodePseudoClientHello,
  encodePseudoServerHello,
  encodeTurnFrame,
  turnFrameLength,
} from "../../src/wire/pseudo-tls.ts";
import { tlsFrameLength } from "../../src/wire/tls-record.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const CLIENT_HELLO = printed("ms-turn-pseudo-client-hello");
const SERVER_HELLO = printed("ms-turn-pseudo-server-hello");
const RANDOM = CLIENT_HELLO.slice(11, 43);

describe("the pretence of TLS", () => {
  it("round trips the random bytes of a client", () => {
    const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
    expectRoundTrip(random, encodePseudoClientHello, decodePseudoClientHello);
  });

  it("of a client has the bytes of the specification", () => {
    expect(CLIENT_HELLO).toHaveLength(50);
    expect(toHex(encodePseudoClientHello(RANDOM))).toBe(toHex(CLIENT_HELLO));
    expect(decodePseudoClientHello(CLIENT_HELLO)).toEqual(RANDOM);
  });

  it("of a server has the bytes of the specification", () => {
    expect(SERVER_HELLO).toHaveLength(83);
    expect(toHex(encodePseudoServerHello(SERVER_HELLO.slice(11, 43), SERVER_HELLO.slice(44, 76)))).toBe(
      toHex(SERVER_HELLO),
    );
    expect(() => decodePseudoServerHello(SERVER_HELLO)).not.toThrow();
  });

  it("is one record", () => {
    expect(tlsFrameLength(SERVER_HELLO.subarray(0, 5))).toBe(83);
    expect(tlsFrameLength(CLIENT_HELLO)).toBe(50);
  });

  it("refuses every truncation, and meets any bytes with an answer or a WireError", () => {
    const hellos = [
      [decodePseudoClientHello, CLIENT_HELLO],
      [decodePseudoServerHello, SERVER_HELLO],
    ] as const;
    for (const [decode, bytes] of hellos) {
      expectEveryTruncationRefused(decode, bytes);
      expectOnlyWireErrors(decode, bytes);
      expect(wireErrorOf(() => decode(Uint8Array.of(...bytes, 0)))?.code).toBe("malformed");
    }
  });

  it("is believed only where every byte but the random ones is the specified one", () => {
    const free = (at: number) => (at >= 11 && at < 43) || (at >= 44 && at < 76);
    for (let at = 0; at < SERVER_HELLO.length; at++) {
      const changed = Uint8Array.from(SERVER_HELLO);
      changed[at]! ^= 1;
      expect(wireErrorOf(() => decodePseudoServerHello(changed)) === undefined, `byte ${at}`).toBe(free(at));
    }
  });

  it("is not what was captured from a TLS server, its alert", () => {
    expect(
      wireErrorOf(() => decodePseudoServerHello(fixture("tls/alert-handshake-failure-openssl.hex"))),
    ).toBeDefined();
  });

  it("is not written with too few random bytes", () => {
    expect(wireErrorOf(() => encodePseudoClientHello(hex("00")))?.code).toBe("unencodable");
    expect(wireErrorOf(() => encodePseudoServerHello(hex("00"), RANDOM))?.code).toBe("unencodable");
    expect(wireErrorOf(() => encodePseudoServerHello(RANDOM, hex("00")))?.code).toBe("unencodable");
  });
});

describe("the frame of a TURN message", () => {
  const frame = hex("0200 0003 616263");

  it("has its length behind its type", () => {
    expect(toHex(encodeTurnFrame(hex("616263")))).toBe(toHex(frame));
    expect(toHex(decodeTurnFrame(frame))).toBe("616263");
    expect(turnFrameLength(frame.subarray(0, 3))).toBeUndefined();
    expect(turnFrameLength(frame)).toBe(7);
  });

  it("refuses what is none", () => {
    expectEveryTruncationRefused(decodeTurnFrame, frame);
    expectOnlyWireErrors(decodeTurnFrame, frame);
    expect(wireErrorOf(() => decodeTurnFrame(hex("0300 0000")))?.code).toBe("unsupported");
    expect(wireErrorOf(() => decodeTurnFrame(hex("1603 0000")))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeTurnFrame(hex("0200 0000 00")))?.code).toBe("malformed");
    expect(wireErrorOf(() => encodeTurnFrame(new Uint8Array(65_536)))?.code).toBe("unencodable");
  });
});
