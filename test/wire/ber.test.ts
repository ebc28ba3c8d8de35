import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applicationTag,
  childAt,
  contextTag,
  decodeBoolean,
  decodeElement,
  decodeInteger,
  decodeOctets,
  decodeOid,
  decodeText,
  type Element,
  elementLength,
  encodeBoolean,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeSet,
  findChild,
  MAX_DEPTH,
  TAG,
} from "../../src/wire/ber.ts";
import { Reader } from "../../src/wire/bytes.ts";
import { expectEveryTruncationRefused, expectOnlyWireErrors, fixture, hex, toHex, wireErrorOf } from "./support.ts";

function decodeOne(bytes: Uint8Array): Element {
  return decodeElement(new Reader(bytes));
}

/** Encodes a decoded tree again. */
function encodeTree(element: Element): Uint8Array {
  return encodeElement(element.tag, element.contents, ...element.children.map(encodeTree));
}

describe("BER round trip", () => {
  it("of integers", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }), (value) => {
        expect(decodeInteger(decodeOne(encodeInteger(value)))).toBe(value);
      }),
    );
  });

  it("of object identifiers", () => {
    const arc = fc.integer({ min: 0, max: 0xffff_ffff });
    const head = fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 39 })),
      fc.tuple(fc.constant(2), arc),
    );
    fc.assert(
      fc.property(head, fc.array(arc, { maxLength: 12 }), (head, tail) => {
        const dotted = [...head, ...tail].join(".");
        expect(decodeOid(decodeOne(encodeOid(dotted)))).toBe(dotted);
      }),
    );
  });

  it("of octets, text and truth values", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.boolean(), (octets, text, truth) => {
        const whole = decodeOne(encodeSequence(encodeOctets(octets), encodeOctets(text), encodeBoolean(truth)));
        expect(decodeOctets(childAt(whole, 0))).toEqual(octets);
        expect(decodeText(childAt(whole, 1))).toBe(text);
        expect(decodeBoolean(childAt(whole, 2))).toBe(truth);
      }),
    );
  });
});

describe("BER bytes", () => {
  it("are those of X.690's examples", () => {
    expect(toHex(encodeOid("2.100.3"))).toBe("0603813403");
    expect(toHex(encodeOid("2.999.3"))).toBe("0603883703");
    expect(toHex(encodeInteger(0))).toBe("020100");
    expect(toHex(encodeInteger(127))).toBe("02017f");
    expect(toHex(encodeInteger(128))).toBe("02020080");
    expect(toHex(encodeInteger(256))).toBe("02020100");
    expect(toHex(encodeInteger(-128))).toBe("020180");
    expect(toHex(encodeInteger(-129))).toBe("0202ff7f");
    expect(toHex(encodeBoolean(true))).toBe("0101ff");
    expect(toHex(encodeSet(encodeElement(TAG.null)))).toBe("31020500");
    expect([applicationTag(1), applicationTag(2, "primitive"), contextTag(7), contextTag(3, "constructed")]).toEqual([
      0x61, 0x42, 0x87, 0xa3,
    ]);
  });

  it("of a fixture captured from Samba come back the same from its tree", () => {
    const bytes = fixture("ldap/start-tls-response-samba.hex");
    expect(toHex(encodeTree(decodeOne(bytes)))).toBe(toHex(bytes));
  });

  it("have the shortest length when written", () => {
    const head = (length: number): string => toHex(encodeOctets(new Uint8Array(length)).subarray(0, 6));
    expect(head(0x7f)).toBe("047f00000000");
    expect(head(0x80)).toBe("048180000000");
    expect(head(0x100)).toBe("048201000000");
    expect(head(0x1_0000)).toBe("048400010000");
  });

  it("may have a longer length when read, as Active Directory writes", () => {
    const element = decodeOne(hex("30 84 00000003 02 01 05"));
    expect(decodeInteger(childAt(element, 0))).toBe(5);
  });
});

describe("decodeElement", () => {
  it("refuses every truncation", () => {
    expectEveryTruncationRefused(decodeOne, fixture("ldap/bind-response-samba.hex"));
  });

  it("meets any bytes with an element or a WireError", () => {
    expectOnlyWireErrors(decodeOne, fixture("ldap/start-tls-response-samba.hex"));
  });

  it("keeps a length inside its parent", () => {
    expect(wireErrorOf(() => decodeOne(hex("30 02 04 05 0102030405")))).toMatchObject({ code: "truncated", offset: 4 });
  });

  it("stops at its depth", () => {
    const nested = (depth: number): Uint8Array => (depth === 1 ? encodeInteger(1) : encodeSequence(nested(depth - 1)));
    expect(decodeOne(nested(MAX_DEPTH)).tag).toBe(TAG.sequence);
    expect(wireErrorOf(() => decodeOne(nested(MAX_DEPTH + 1)))?.code).toBe("limit");
  });

  it("takes time in proportion to its bytes", () => {
    const empty = new Uint8Array(2_000_000).map((_, index) => (index % 2 === 0 ? TAG.octetString : 0));
    expect(decodeOne(encodeSequence(empty)).children).toHaveLength(1_000_000);
  });

  it.each([
    ["an indefinite length", "30 80 0000", "unsupported"],
    ["a high tag number", "3f 21 00", "unsupported"],
    ["a length of five octets", "04 85 0000000001 00", "limit"],
  ])("refuses %s", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeOne(hex(bytes)))?.code).toBe(code);
  });
});

describe("the values", () => {
  it.each([
    ["a number without octets", () => decodeInteger(decodeOne(hex("02 00"))), "malformed"],
    ["a number above 48 bits", () => decodeInteger(decodeOne(hex("02 07 01000000000000"))), "limit"],
    ["a number with another tag", () => decodeInteger(decodeOne(hex("04 01 01"))), "malformed"],
    ["a truth value of two octets", () => decodeBoolean(decodeOne(hex("01 02 0000"))), "malformed"],
    ["an object identifier without arcs", () => decodeOid(decodeOne(hex("06 00"))), "malformed"],
    ["an object identifier cut short", () => decodeOid(decodeOne(hex("06 02 2a 86"))), "malformed"],
    ["an object identifier with a padded arc", () => decodeOid(decodeOne(hex("06 03 2a 80 01"))), "malformed"],
    ["an object identifier's huge arc", () => decodeOid(decodeOne(hex("06 07 2a ffffffffff 7f"))), "limit"],
    ["a missing child", () => childAt(decodeOne(hex("30 00")), 0), "malformed"],
    ["an object identifier of one arc", () => encodeOid("1"), "unencodable"],
    ["an object identifier with a wrong second arc", () => encodeOid("1.40"), "unencodable"],
    ["an object identifier of words", () => encodeOid("1.x"), "unencodable"],
    ["a fraction", () => encodeInteger(0.5), "unencodable"],
    ["a number of 49 bits", () => encodeInteger(2 ** 48), "unencodable"],
  ])("refuse %s", (_, call, code) => {
    expect(wireErrorOf(call)?.code).toBe(code);
  });

  it("find an optional child by its tag", () => {
    const element = decodeOne(hex("30 06 80 01 07 81 01 08"));
    expect(findChild(element, contextTag(1))?.contents).toEqual(hex("08"));
    expect(findChild(element, contextTag(2))).toBeUndefined();
  });
});

describe("elementLength", () => {
  it("is known as soon as the head is there", () => {
    const bytes = hex("30 82 01 00");
    for (let length = 0; length < 4; length++) expect(elementLength(bytes.slice(0, length))).toBeUndefined();
    expect(elementLength(bytes)).toBe(260);
  });

  it("meets any bytes with a length or a WireError", () => {
    expectOnlyWireErrors(elementLength, hex("30 84 00000003 02 01 05"));
  });
});
