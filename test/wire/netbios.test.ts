import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reader, Writer } from "../../src/wire/bytes.ts";
import {
  datagramErrorName,
  decodeNetbiosDatagram,
  decodeNetbiosName,
  encodeNetbiosDatagram,
  encodeNetbiosName,
  type NetbiosDatagram,
  type NetbiosName,
} from "../../src/wire/netbios.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

function encodeName(name: NetbiosName): Uint8Array {
  const writer = new Writer();
  encodeNetbiosName(writer, name);
  return writer.finish();
}

const decodeName = (bytes: Uint8Array): NetbiosName => decodeNetbiosName(new Reader(bytes));

const octet = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const label = fc.stringMatching(/^[A-Z0-9-]{1,20}$/);
const name: fc.Arbitrary<NetbiosName> = fc.record(
  {
    name: fc.stringMatching(/^[!-~]{0,15}$/),
    suffix: octet,
    scope: fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
  },
  { requiredKeys: ["name", "suffix"] },
);
const head = { datagramId: u16, sourceAddress: fc.ipV4(), sourcePort: u16 };
const datagram: fc.Arbitrary<NetbiosDatagram> = fc.oneof(
  fc.record({
    type: fc.constant("directUnique" as const),
    ...head,
    source: name,
    destination: name,
    data: fc.uint8Array({ maxLength: 512 }),
  }),
  fc.record({ type: fc.constant("datagramError" as const), ...head, code: octet }),
);

describe("NetBIOS names", () => {
  it("round trip", () => expectRoundTrip(name, encodeName, decodeName));

  it("have the bytes of RFC 1001's example", () => {
    const bytes = encodeName({ name: "FRED", suffix: 0x20, scope: "NETBIOS.COM" });
    expect(Buffer.from(bytes).toString("latin1")).toBe(" EGFCEFEECACACACACACACACACACACACA\u0007NETBIOS\u0003COM\0");
  });

  it("are read from captured bytes, the wildcard too", () => {
    const reader = new Reader(fixture("netbios/nbstat-samba.hex"), 12);
    const from = reader.offset;
    expect(decodeNetbiosName(reader)).toEqual({ name: "*", suffix: 0 });
    expect(toHex(encodeName({ name: "*", suffix: 0 }))).toBe(
      toHex(fixture("netbios/nbstat-samba.hex").subarray(from, reader.offset)),
    );
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeName, encodeName({ name: "DC01", suffix: 0x20, scope: "A.B" }));
  });

  it("meet any bytes with a name or a WireError", () => {
    expectOnlyWireErrors(decodeName, encodeName({ name: "DC01", suffix: 0x20, scope: "A.B" }));
  });

  it.each([
    ["a pointer", "c00c", "unsupported"],
    ["a label of another length", "02 4141 00", "malformed"],
    ["a letter that is none", `20 ${"41".repeat(31)} 51 00`, "malformed"],
    ["a scope without end", `20 ${"41".repeat(32)} ${`3f${"41".repeat(63)}`.repeat(4)} 00`, "limit"],
  ])("refuse %s", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeName(hex(bytes)))?.code).toBe(code);
  });

  it.each<[string, NetbiosName]>([
    ["a name of 16 characters", { name: "A".repeat(16), suffix: 0 }],
    ["a suffix above a byte", { name: "A", suffix: 256 }],
    ["a character beyond one byte", { name: "\u0100", suffix: 0 }],
    ["an empty label", { name: "A", suffix: 0, scope: "A..B" }],
    ["a long label", { name: "A", suffix: 0, scope: "A".repeat(64) }],
    ["a long scope", { name: "A", suffix: 0, scope: Array(5).fill("A".repeat(60)).join(".") }],
  ])("cannot hold %s", (_, name) => {
    expect(wireErrorOf(() => encodeName(name))?.code).toBe("unencodable");
  });
});

describe("NetBIOS datagrams", () => {
  it("round trip", () => expectRoundTrip(datagram, encodeNetbiosDatagram, decodeNetbiosDatagram));

  it("are what was captured", () => {
    const bytes = fixture("netbios/direct-unique-samba.hex");
    const datagram = decodeNetbiosDatagram(bytes);
    expect(datagram).toMatchObject({
      type: "directUnique",
      datagramId: 0x185a,
      sourceAddress: "10.99.7.1",
      sourcePort: 138,
      source: { name: "NT4DC", suffix: 0 },
      destination: { name: "UNITYPROBE", suffix: 0 },
    });
    const again = encodeNetbiosDatagram(datagram);
    // Samba calls itself a mixed node, we are a broadcast node: bits 2 and 3 of the flags.
    expect([again[1], bytes[1]]).toEqual([0x02, 0x0a]);
    expect(toHex(again.subarray(2))).toBe(toHex(bytes.subarray(2)));
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeNetbiosDatagram, fixture("netbios/direct-unique-samba.hex"));
  });

  it("meet any bytes with a datagram or a WireError", () => {
    expectOnlyWireErrors(decodeNetbiosDatagram, fixture("netbios/direct-unique-samba.hex"));
    expectOnlyWireErrors(decodeNetbiosDatagram, hex("1302 1234 0a630701 008a 82"));
  });

  it("bring errors with their reason", () => {
    const error = decodeNetbiosDatagram(hex("1302 1234 0a630701 008a 82"));
    expect(error).toEqual({
      type: "datagramError",
      datagramId: 0x1234,
      sourceAddress: "10.99.7.1",
      sourcePort: 138,
      code: 0x82,
    });
    expect([0x82, 0x83, 0x84, 0x05].map(datagramErrorName)).toEqual([
      "destination name not present",
      "invalid source name format",
      "invalid destination name format",
      "error 0x05",
    ]);
  });

  it("in fragments or of another type are not spoken here", () => {
    const more = fixture("netbios/direct-unique-samba.hex");
    more[1] = 0x03;
    const later = fixture("netbios/direct-unique-samba.hex");
    later[13] = 1;
    for (const bytes of [more, later, hex("1102 1234")]) {
      expect(wireErrorOf(() => decodeNetbiosDatagram(bytes))?.code).toBe("unsupported");
    }
  });

  it("cannot hold more than 512 bytes", () => {
    const name = { name: "A", suffix: 0 };
    const head = { datagramId: 1, sourceAddress: "10.0.0.1", sourcePort: 138, source: name, destination: name };
    const write = () => encodeNetbiosDatagram({ type: "directUnique", ...head, data: new Uint8Array(513) });
    expect(wireErrorOf(write)?.code).toBe("unencodable");
  });
});
