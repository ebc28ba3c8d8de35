import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteOrder, latin1Text, Reader, WireError, Writer } from "../../src/wire/bytes.ts";
import { hex, toHex, wireErrorOf } from "./support.ts";

const order = fc.constantFrom<ByteOrder>("be", "le");

describe("Writer and Reader", () => {
  it("round trip integers of every width and order", () => {
    fc.assert(
      fc.property(
        order,
        fc.integer({ min: 0, max: 0xff }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer({ min: -128, max: 127 }),
        (order, a, b, c, d, e) => {
          const bytes = new Writer().u8(a).u16(b, order).u32(c, order).u64(d, order).i8(e).finish();
          const reader = new Reader(bytes);
          expect([reader.u8(), reader.u16(order), reader.u32(order), reader.u64(order), reader.i8()]).toEqual([
            a,
            b,
            c,
            d,
            e,
          ]);
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  it("put the bytes of both orders where they belong", () => {
    const bytes = new Writer().u16(0x0102, "be").u16(0x0102, "le").u32(0x01020304, "be").u32(0x01020304, "le").finish();
    expect(toHex(bytes)).toBe("010202010102030404030201");
  });

  it("round trip text and bytes", () => {
    const bytes = new Writer().ascii("abc").utf8("é").latin1("\u00e9").bytes(hex("00ff")).zeros(2).finish();
    const reader = new Reader(bytes);
    expect(reader.ascii(3)).toBe("abc");
    expect(reader.utf8(2)).toBe("é");
    expect(reader.latin1(1)).toBe("\u00e9");
    expect(reader.rest()).toEqual(hex("00ff0000"));
  });
});

describe("Reader", () => {
  it("never reads beyond its end, and stays where it was", () => {
    const reads: ((reader: Reader) => unknown)[] = [
      (reader) => reader.u8(),
      (reader) => reader.u16("be"),
      (reader) => reader.u32("le"),
      (reader) => reader.u64("be"),
      (reader) => reader.bytes(1),
      (reader) => reader.ascii(1),
      (reader) => reader.skip(1),
      (reader) => reader.sub(1),
    ];
    for (const read of reads) {
      const reader = new Reader(hex("0102 03"), 1, 2);
      reader.skip(1);
      expect(wireErrorOf(() => read(reader))).toMatchObject({ code: "truncated", offset: 2 });
      expect(reader.offset).toBe(2);
    }
  });

  it("refuses lengths that are none", () => {
    for (const length of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(wireErrorOf(() => new Reader(hex("0102")).bytes(length))?.code).toBe("malformed");
    }
  });

  it("clamps a range to the buffer", () => {
    expect(new Reader(hex("0102"), 1, 9).rest()).toEqual(hex("02"));
    expect(new Reader(hex("0102"), 9).remaining).toBe(0);
    expect(new Reader(hex("0102"), -3, 1).rest()).toEqual(hex("01"));
  });

  it("keeps sub-readers inside their part, with offsets of the whole", () => {
    const reader = new Reader(hex("00 0102 03"));
    reader.skip(1);
    const inside = reader.sub(2);
    expect(reader.u8()).toBe(3);
    expect(inside.u8()).toBe(1);
    expect(wireErrorOf(() => inside.u16("be"))).toMatchObject({ code: "truncated", offset: 2 });
  });

  it("aligns from its own start", () => {
    const reader = new Reader(hex("ff 01000000 02"), 1);
    reader.u8();
    reader.align(4);
    expect(reader.u8()).toBe(2);
    reader.skip(0);
    expect(wireErrorOf(() => reader.align(4))?.code).toBe("truncated");
  });

  it("gives plain arrays for a Buffer's part", () => {
    const part = new Reader(Buffer.from("xxabc").subarray(2)).bytes(3);
    expect(part.constructor).toBe(Uint8Array);
    expect(latin1Text(part)).toBe("abc");
  });

  it("takes 7-bit text only as ASCII and any bytes as UTF-8", () => {
    expect(wireErrorOf(() => new Reader(hex("61 80")).ascii(2))).toMatchObject({ code: "malformed", offset: 1 });
    expect(new Reader(hex("61 80 efbbbf")).utf8(5)).toBe("a\ufffd\ufeff");
  });

  it("says when bytes are left", () => {
    const reader = new Reader(hex("01 02"));
    reader.u8();
    expect(wireErrorOf(() => reader.expectEnd("the head"))).toMatchObject({ code: "malformed", offset: 1 });
    reader.u8();
    reader.expectEnd("the head");
  });
});

describe("Writer", () => {
  it("refuses values that their field cannot hold", () => {
    const writes: ((writer: Writer) => unknown)[] = [
      (writer) => writer.u8(256),
      (writer) => writer.u8(-1),
      (writer) => writer.u8(1.5),
      (writer) => writer.u16(0x1_0000, "be"),
      (writer) => writer.u32(2 ** 32, "le"),
      (writer) => writer.u64(2n ** 64n, "be"),
      (writer) => writer.u64(-1n, "be"),
      (writer) => writer.i8(128),
      (writer) => writer.ascii("é"),
      (writer) => writer.latin1("\u0100"),
      (writer) => writer.patchU16(0, 1, "be"),
    ];
    for (const write of writes) {
      const writer = new Writer().u8(7);
      expect(wireErrorOf(() => write(writer))).toMatchObject({ code: "unencodable", offset: 1 });
      expect(writer.finish()).toEqual(hex("07"));
    }
  });

  it("grows, aligns and patches", () => {
    const large = new Uint8Array(100_000).fill(7);
    const writer = new Writer().u16(0, "be").u8(1).align(4).bytes(large);
    const bytes = writer.patchU16(0, 0x1234, "le").finish();
    expect(bytes.length).toBe(100_004);
    expect(toHex(bytes.subarray(0, 6))).toBe("341201000707");
    expect(bytes.at(-1)).toBe(7);
  });

  it("grows in the midst of any write", () => {
    const writes: ((writer: Writer) => Writer)[] = [
      (writer) => writer.u8(0xff),
      (writer) => writer.u16(0xffff, "be"),
      (writer) => writer.u32(0xffff_ffff, "le"),
      (writer) => writer.u64(0xffff_ffff_ffff_ffffn, "be"),
      (writer) => writer.i8(-1),
      (writer) => writer.bytes(hex("ffffff")),
    ];
    for (const write of writes) {
      for (let before = 0; before < 300; before++) {
        const bytes = write(new Writer().zeros(before)).finish();
        expect(toHex(bytes.subarray(before))).toMatch(/^(ff)+$/);
      }
    }
  });

  it("gives a copy that later writes leave alone", () => {
    const writer = new Writer().u8(1);
    const first = writer.finish();
    writer.u8(2).patchU16(0, 0x0909, "be");
    expect(first).toEqual(hex("01"));
  });
});

describe("WireError", () => {
  it("names code, offset and cause", () => {
    const error = new WireError("limit", "too many entries", 12);
    expect(error).toMatchObject({ name: "WireError", code: "limit", offset: 12 });
    expect(error.message).toBe("too many entries (at byte 12)");
  });
});
