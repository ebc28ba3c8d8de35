import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeStun,
  encodeStun,
  findAttribute,
  hasMagicCookie,
  STUN_ATTRIBUTE,
  STUN_METHOD,
  type StunMessage,
  stunFrameLength,
} from "../../src/wire/stun.ts";
import { addressOf, textOf } from "../../src/wire/stun-attributes.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const CAPTURED = [
  "binding-coturn",
  "binding-classic-coturn",
  "binding-secure-coturn",
  "allocate-401-coturn",
  "allocate-open-coturn",
];

const id = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((rest) => Uint8Array.of(0x21, 0x12, 0xa4, 0x42, ...rest)),
);
const attribute = fc.record({
  type: fc.integer({ min: 0, max: 0xffff }).filter((type) => type !== STUN_ATTRIBUTE.fingerprint),
  value: fc.uint8Array({ maxLength: 40 }),
});
const message: fc.Arbitrary<StunMessage> = fc.record({
  class: fc.constantFrom("request", "indication", "success", "error"),
  method: fc.integer({ min: 0, max: 0xfff }),
  id,
  attributes: fc.array(attribute, { maxLength: 6 }),
});

/** RFC 8489 section 14.5: over everything before it, with the length that ends behind it. */
function messageIntegrity(bytes: Uint8Array, at: number, key: string | Buffer): string {
  const before = Uint8Array.from(bytes.subarray(0, at));
  new DataView(before.buffer).setUint16(2, at - 20 + 24);
  return createHmac("sha1", key).update(before).digest("hex");
}

/** The message with zeros for padding, as this encoder writes it; RFC 5769 pads with spaces. */
function withoutPadding(bytes: Uint8Array, ...places: readonly number[]): Uint8Array {
  const zeroed = Uint8Array.from(bytes);
  for (const at of places) {
    expect(zeroed[at]).toBe(0x20);
    zeroed[at] = 0;
  }
  return zeroed;
}

/** What is written anew, without the four bytes of the fingerprint that the padding is part of. */
function rewritten(name: string): { readonly bytes: Uint8Array; readonly again: Uint8Array } {
  const bytes = fixture(`stun/${name}.hex`);
  return { bytes, again: encodeStun(decodeStun(bytes)) };
}

describe("the test vectors of RFC 5769", () => {
  const shortTerm = "VOkJxbRl1RmTxUk/WvJxBt";

  it("2.1, a request", () => {
    const { bytes, again } = rewritten("rfc5769-request");
    const request = decodeStun(bytes);
    expect(request).toMatchObject({ class: "request", method: STUN_METHOD.binding });
    expect(toHex(request.id)).toBe("2112a442b7e7a701bc34d686fa87dfae");
    expect(textOf(request, STUN_ATTRIBUTE.software)).toBe("STUN test client");
    expect(textOf(request, STUN_ATTRIBUTE.username)).toBe("evtj:h6vY");
    const integrity = findAttribute(request, STUN_ATTRIBUTE.messageIntegrity)!.value;
    expect(toHex(integrity)).toBe(messageIntegrity(bytes, 76, shortTerm));
    expect(again).toEqual(withoutPadding(bytes, 73, 74, 75));
  });

  it("2.2, a response with an IPv4 address", () => {
    const { bytes, again } = rewritten("rfc5769-response-ipv4");
    const response = decodeStun(bytes);
    expect(response).toMatchObject({ class: "success", method: STUN_METHOD.binding });
    expect(textOf(response, STUN_ATTRIBUTE.software)).toBe("test vector");
    expect(addressOf(response, STUN_ATTRIBUTE.xorMappedAddress)).toEqual({ address: "192.0.2.1", port: 32853 });
    const integrity = findAttribute(response, STUN_ATTRIBUTE.messageIntegrity)!.value;
    expect(toHex(integrity)).toBe(messageIntegrity(bytes, 48, shortTerm));
    expect(again).toEqual(withoutPadding(bytes, 35));
  });

  it("2.3, a response with an IPv6 address", () => {
    const { bytes, again } = rewritten("rfc5769-response-ipv6");
    const response = decodeStun(bytes);
    const address = "2001:db8:1234:5678:11:2233:4455:6677";
    expect(addressOf(response, STUN_ATTRIBUTE.xorMappedAddress)).toEqual({ address, port: 32853 });
    const integrity = findAttribute(response, STUN_ATTRIBUTE.messageIntegrity)!.value;
    expect(toHex(integrity)).toBe(messageIntegrity(bytes, 60, shortTerm));
    expect(again).toEqual(withoutPadding(bytes, 35));
  });

  it("2.4, a request with long-term credentials", () => {
    const { bytes, again } = rewritten("rfc5769-long-term");
    const request = decodeStun(bytes);
    const username = textOf(request, STUN_ATTRIBUTE.username);
    expect(username).toBe("マトリックス");
    expect(textOf(request, STUN_ATTRIBUTE.realm)).toBe("example.org");
    expect(textOf(request, STUN_ATTRIBUTE.nonce)).toBe("f//499k954d6OL34oL9FSTvy64sA");
    const key = createHash("md5").update(`${username}:example.org:TheMatrIX`).digest();
    const integrity = findAttribute(request, STUN_ATTRIBUTE.messageIntegrity)!.value;
    expect(toHex(integrity)).toBe(messageIntegrity(bytes, 92, key));
    expect(again).toEqual(bytes);
  });
});

describe("STUN messages", () => {
  it("round trip, with the cookie and without", () => {
    expectRoundTrip(message, encodeStun, decodeStun);
  });

  it("round trip with a fingerprint", () => {
    fc.assert(
      fc.property(message, (message) => {
        const { attributes, ...head } = decodeStun(encodeStun(message, { fingerprint: true }));
        expect({ ...head, attributes: attributes.slice(0, -1) }).toEqual(message);
        expect(attributes.at(-1)?.type).toBe(STUN_ATTRIBUTE.fingerprint);
      }),
    );
  });

  it.each(CAPTURED)("of a real server are what was captured: %s", (name) => {
    const { bytes, again } = rewritten(name);
    expect(toHex(again)).toBe(toHex(bytes));
  });

  it("get the fingerprint that coturn has for the same message", () => {
    const bytes = fixture("stun/binding-coturn.hex");
    const { attributes, ...head } = decodeStun(bytes);
    const again = encodeStun({ ...head, attributes: attributes.slice(0, -1) }, { fingerprint: true });
    expect(toHex(again)).toBe(toHex(bytes));
  });

  it.each([
    ["Binding request", "request", 0x001, "0001"],
    ["Binding indication", "indication", 0x001, "0011"],
    ["Allocate success response", "success", 0x003, "0103"],
    ["Refresh error response", "error", 0x004, "0114"],
    ["highest method", "error", 0xfff, "3fff"],
    ["high bits of the method", "request", 0xf80, "3e00"],
    ["middle bits of the method", "request", 0x070, "00e0"],
  ] as const)("have the type of a %s", (_, name, method, type) => {
    const bytes = encodeStun({ class: name, method, id: new Uint8Array(16), attributes: [] });
    expect(toHex(bytes.subarray(0, 2))).toBe(type);
    expect(decodeStun(bytes)).toMatchObject({ class: name, method });
  });

  it("tell by the id which rules they keep", () => {
    expect(hasMagicCookie(decodeStun(fixture("stun/binding-coturn.hex")).id)).toBe(true);
    expect(hasMagicCookie(decodeStun(fixture("stun/binding-classic-coturn.hex")).id)).toBe(false);
  });

  it.each(CAPTURED)("refuse every truncation of %s", (name) => {
    expectEveryTruncationRefused(decodeStun, fixture(`stun/${name}.hex`));
  });

  it.each(CAPTURED)("meet any bytes with a message or a WireError: %s", (name) => {
    expectOnlyWireErrors(decodeStun, fixture(`stun/${name}.hex`));
  });

  it("refuse a changed byte wherever a fingerprint is", () => {
    const bytes = fixture("stun/binding-coturn.hex");
    for (let at = 20; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 0x10;
      // The fingerprint's own type is what makes it one.
      if (at >= bytes.length - 8 && at < bytes.length - 6) continue;
      expect(
        wireErrorOf(() => decodeStun(changed)),
        `byte ${at}`,
      ).toBeDefined();
    }
  });

  it.each([
    ["the two highest bits", "4001 0000 2112a442 000000000000000000000000", "malformed"],
    ["a length that is not of four bytes", "0101 0002 2112a442 000000000000000000000000 0000", "malformed"],
    ["bytes behind the message", "0101 0000 2112a442 000000000000000000000000 00", "malformed"],
    ["a value longer than the message", "0101 0004 2112a442 000000000000000000000000 80220004", "truncated"],
    [
      "an attribute behind the fingerprint",
      "0101 000c 2112a442 000000000000000000000000 80280004 00000000 00060000",
      "malformed",
    ],
    ["a fingerprint of two bytes", "0101 0008 2112a442 000000000000000000000000 80280002 00000000", "truncated"],
  ] as const)("refuse %s", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeStun(hex(bytes)))?.code).toBe(code);
  });

  it("refuse more attributes than anybody sends", () => {
    const many = { type: 0x8022, value: new Uint8Array(0) };
    const of = (count: number) =>
      encodeStun({ class: "success", method: 1, id: new Uint8Array(16), attributes: Array(count).fill(many) });
    expect(decodeStun(of(64)).attributes).toHaveLength(64);
    expect(wireErrorOf(() => decodeStun(of(65)))?.code).toBe("limit");
  });

  it("without the cookie may have values that nothing pads", () => {
    const unpadded = hex(
      "0113 0016 00112233445566778899aabbccddeeff 000f0004 72c64bc6 00150003 616263 00140003 313233",
    );
    const { attributes } = decodeStun(unpadded);
    expect(attributes.map(({ type, value }) => [type, toHex(value)])).toEqual([
      [STUN_ATTRIBUTE.msMagicCookie, "72c64bc6"],
      [STUN_ATTRIBUTE.msRealm, "616263"],
      [STUN_ATTRIBUTE.msNonce, "313233"],
    ]);
  });

  it.each([
    ["an id of 15 bytes", { id: new Uint8Array(15) }],
    ["a method of 13 bits", { method: 0x1000 }],
    ["a negative method", { method: -1 }],
    ["a value that is too long", { attributes: [{ type: 1, value: new Uint8Array(65_536) }] }],
    ["values that are too long together", { attributes: Array(2).fill({ type: 1, value: new Uint8Array(40_000) }) }],
  ])("are not written with %s", (_, wrong) => {
    const right: StunMessage = { class: "request", method: 1, id: new Uint8Array(16), attributes: [] };
    expect(wireErrorOf(() => encodeStun({ ...right, ...wrong }))?.code).toBe("unencodable");
  });
});

describe("STUN in a stream", () => {
  it("is as long as its head says", () => {
    const bytes = fixture("stun/binding-coturn.hex");
    expect(stunFrameLength(bytes.subarray(0, 3))).toBeUndefined();
    expect(stunFrameLength(bytes.subarray(0, 4))).toBe(bytes.length);
    expect(stunFrameLength(Uint8Array.of(...bytes, 1, 2, 3))).toBe(bytes.length);
  });

  it("is no STUN when the two highest bits are set", () => {
    expect(wireErrorOf(() => stunFrameLength(hex("40000008")))?.code).toBe("malformed");
    expectOnlyWireErrors((bytes) => stunFrameLength(bytes), fixture("stun/binding-coturn.hex"));
  });
});
