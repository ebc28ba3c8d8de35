import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DnsMessage,
  decodeDns,
  decodeDnsFrame,
  dnsFrameId,
  dnsFrameLength,
  dnsQuery,
  encodeDns,
  encodeDnsFrame,
  rcodeName,
} from "../../src/wire/dns.ts";
import { expectOnlyWireErrors, expectRoundTrip, fixture, hex, toHex, wireErrorOf } from "./support.ts";

const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const name = fc.oneof(
  fc.constant("."),
  fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join(".")),
);
const u16 = fc.nat({ max: 0xffff });
const u32 = fc.nat({ max: 0xffff_ffff });
const record = fc.oneof(
  fc.record({
    type: fc.constant("SOA" as const),
    name,
    ttlS: u32,
    primary: name,
    mailbox: name,
    serial: u32,
    refreshS: u32,
    retryS: u32,
    expireS: u32,
    minimumS: u32,
  }),
  fc.record({
    type: fc.constant("SRV" as const),
    name,
    ttlS: u32,
    priority: u16,
    weight: u16,
    port: u16,
    target: name,
  }),
);
const records = fc.array(record, { maxLength: 4 });
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  response: fc.boolean(),
  opcode: fc.nat({ max: 15 }),
  authoritative: fc.boolean(),
  truncated: fc.constant(false),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  rcode: fc.nat({ max: 15 }),
  questions: fc.array(fc.record({ name, type: fc.constantFrom("SOA", "SRV", "A") }), { maxLength: 2 }),
  answers: records,
  authorities: records,
});

const ROOT_QUERY = "1234 0000 0001 0000 0000 0000 00 0006 0001".replaceAll(" ", "");
const zoneAnswer = fixture("dns/soa-zone-udp-samba.hex");

describe("DNS messages", () => {
  it("round trip", () => {
    expectRoundTrip(message, encodeDns, decodeDns);
  });

  it("of a client have the bytes of RFC 1035", () => {
    const root = dnsQuery(0x1234, { name: ".", type: "SOA" }, false);
    expect(toHex(encodeDns(root))).toBe(ROOT_QUERY);
    expect(decodeDns(hex(ROOT_QUERY))).toEqual(root);
    const question = { name: "_ldap._tcp.lab.test", type: "SRV" };
    expect(toHex(encodeDns(dnsQuery(1, question, true)))).toBe(
      `000101000001000000000000055f6c646170045f746370036c6162047465737400${"00210001"}`,
    );
  });

  it("of a server are what was captured", () => {
    const soa = { ttlS: 3600, primary: "dc01.lab.test", mailbox: "hostmaster.lab.test", serial: 1 };
    const times = { refreshS: 900, retryS: 600, expireS: 86_400, minimumS: 3600 };
    expect(decodeDns(zoneAnswer)).toEqual({
      id: 0x1234,
      response: true,
      opcode: 0,
      authoritative: true,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      rcode: 0,
      questions: [{ name: "LaB.TeSt", type: "SOA" }],
      answers: [{ type: "SOA", name: "LaB.TeSt", ...soa, ...times }],
      authorities: [{ type: "SOA", name: "lab.test", ...soa, ...times }],
    });
    expect(decodeDns(fixture("dns/soa-root-udp-samba.hex"))).toMatchObject({ response: true, answers: [] });
    expect(decodeDnsFrame(fixture("dns/soa-zone-tcp-samba.hex"))).toMatchObject({ id: 0x1234, authoritative: true });
  });

  it("refuse every truncation", () => {
    for (let length = 0; length < zoneAnswer.length; length++) {
      expect(
        wireErrorOf(() => decodeDns(zoneAnswer.slice(0, length))),
        `${length} bytes`,
      ).toBeDefined();
    }
  });

  it("that say themselves that they are cut are read up to their question", () => {
    const cut = zoneAnswer.slice(0, 40);
    cut[2]! |= 0x02;
    expect(decodeDns(cut)).toMatchObject({ truncated: true, questions: [{ name: "LaB.TeSt" }], answers: [] });
  });

  it("are read without their additional section, whatever stands there", () => {
    const more = Uint8Array.of(...zoneAnswer, 0xff, 0xff);
    more[11] = 1;
    expect(decodeDns(more)).toEqual(decodeDns(zoneAnswer));
  });

  it("keep the name and type of records that are not read", () => {
    const address = hex("0001 8000 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001 0001 00000e10 0004 c0000201");
    expect(decodeDns(address).answers).toEqual([{ type: "other", name: "a", typeName: "A" }]);
    expect(wireErrorOf(() => encodeDns(decodeDns(address)))?.code).toBe("unencodable");
  });

  it("meet any bytes with a message or a WireError", () => {
    expectOnlyWireErrors(decodeDns, zoneAnswer);
    expectOnlyWireErrors(decodeDns, fixture("dns/soa-root-udp-samba.hex"));
  });

  it("with too many records, of another class or with a pointer to itself are refused", () => {
    const many = zoneAnswer.slice();
    many[6] = 4;
    expect(wireErrorOf(() => decodeDns(many))?.code).toBe("limit");
    const chaos = hex(ROOT_QUERY.replace(/0001$/, "0003"));
    expect(wireErrorOf(() => decodeDns(chaos))?.code).toBe("unsupported");
    const loop = hex("0001 8000 0001 0000 0000 0000 c00c 0006 0001");
    expect(wireErrorOf(() => decodeDns(loop))?.code).toBe("malformed");
  });

  it.each(["", "a..b", ".a", "a.", `${"a".repeat(64)}.test`, Array(130).fill("a").join(".")])(
    "refuse to write the name %j",
    (bad) => {
      const query = dnsQuery(1, { name: bad, type: "SOA" }, false);
      expect(wireErrorOf(() => encodeDns(query))?.code).toBe("unencodable");
    },
  );

  it("refuse to write what does not fit", () => {
    const query = dnsQuery(1, { name: ".", type: "SOA" }, false);
    for (const wrong of [{ id: 65_536 }, { opcode: 16 }, { rcode: -1 }]) {
      expect(wireErrorOf(() => encodeDns({ ...query, ...wrong }))?.code).toBe("unencodable");
    }
  });
});

describe("DNS over TCP", () => {
  it("has the message's length in front of it", () => {
    const message = hex(ROOT_QUERY);
    const frame = encodeDnsFrame(message);
    expect(toHex(frame)).toBe(`0011${ROOT_QUERY}`);
    expect(dnsFrameLength(frame)).toBe(frame.length);
    expect(dnsFrameId(frame)).toBe(0x1234);
    expect(decodeDnsFrame(Uint8Array.of(...frame, 1, 2))).toEqual(decodeDns(message));
  });

  it("is awaited while a frame is not whole", () => {
    const frame = encodeDnsFrame(hex(ROOT_QUERY));
    for (let length = 0; length < frame.length; length++) {
      const part = frame.subarray(0, length);
      expect(decodeDnsFrame(part)).toBeUndefined();
      expect(dnsFrameLength(part)).toBe(length < 2 ? undefined : 19);
      expect(dnsFrameId(part)).toBe(length < 4 ? undefined : 0x1234);
    }
  });

  it("refuses a length that no message has", () => {
    expect(wireErrorOf(() => dnsFrameLength(hex("000b")))?.code).toBe("malformed");
  });
});

describe("response codes", () => {
  it.each([
    [3, "NXDOMAIN"],
    [9, "NOTAUTH"],
    [15, "RCODE 15"],
  ])("%i is called %s", (rcode, called) => {
    expect(rcodeName(rcode)).toBe(called);
  });
});
