import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filetimeFromUnixMs, unixMsFromFiletime } from "../../src/wire/filetime.ts";
import { ntStatusName } from "../../src/wire/nt-status.ts";
import { decodeSmbFrame, encodeSmbFrame, smbFrameLength } from "../../src/wire/smb-frame.ts";
import { decodeSmb2, encodeSmb2, type Smb2Message, smb2CapabilityNames, smb2DialectName } from "../../src/wire/smb2.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const message: fc.Arbitrary<Smb2Message> = fc.oneof(
  fc.record({
    type: fc.constant("negotiateRequest" as const),
    messageId: u64,
    securityMode: u16,
    clientGuid: fc.uuid(),
    dialects: fc.array(u16, { maxLength: 8 }),
  }),
  fc.record({
    type: fc.constant("negotiateResponse" as const),
    messageId: u64,
    securityMode: u16,
    dialect: u16,
    serverGuid: fc.uuid(),
    capabilities: u32,
    systemTime: u64,
    securityBuffer: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({ type: fc.constant("error" as const), messageId: u64, status: u32.filter((status) => status !== 0) }),
);

const messageOf = (path: string): Uint8Array => Uint8Array.from(decodeSmbFrame(fixture(`smb/${path}.hex`)));

const REQUEST: Smb2Message = {
  type: "negotiateRequest",
  messageId: 0n,
  securityMode: 1,
  clientGuid: "03020100-0504-0706-0809-0a0b0c0d0e0f",
  dialects: [0x0202, 0x0210, 0x0300, 0x0302],
};

describe("SMB 2 messages", () => {
  it("round trip", () => expectRoundTrip(message, encodeSmb2, decodeSmb2));

  it("ask for a dialect with the 112 bytes that a Samba answers", () => {
    const bytes = encodeSmbFrame(encodeSmb2(REQUEST));
    expect(toHex(bytes)).toBe(
      toHex(
        hex(`0000006C FE534D42 4000 0000 00000000 0000 0100 00000000 00000000 0000000000000000 FFFE0000 00000000
             0000000000000000 00000000000000000000000000000000
             2400 0400 0100 0000 00000000 000102030405060708090A0B0C0D0E0F 0000000000000000 0202 1002 0003 0203`),
      ),
    );
    expect(bytes).toHaveLength(112);
  });

  it("are what was captured, and are written the same", () => {
    const bytes = messageOf("smb2-negotiate-samba");
    const response = decodeSmb2(bytes);
    expect(response).toMatchObject({
      type: "negotiateResponse",
      messageId: 0n,
      securityMode: 3,
      dialect: 0x0302,
      serverGuid: "31306364-0000-0000-0000-000000000000",
      capabilities: 7,
      systemTime: 0x01dd798245e974ccn,
    });
    expect(response.type === "negotiateResponse" && response.securityBuffer.length).toBe(0x60);
    expect(toHex(encodeSmb2(response))).toBe(toHex(bytes));
  });

  it("are what was captured of an error, and are written the same", () => {
    const bytes = messageOf("smb2-negotiate-invalid-samba");
    const error = decodeSmb2(bytes);
    expect(error).toEqual({ type: "error", messageId: 0n, status: 0xc000_000d });
    expect(toHex(encodeSmb2(error))).toBe(toHex(bytes));
  });

  it("are what was captured in answer to SMB 1", () => {
    expect(decodeSmb2(messageOf("smb1-multi-negotiate-samba"))).toMatchObject({ dialect: 0x02ff, securityMode: 3 });
  });

  it.each(["smb2-negotiate-samba", "smb2-negotiate-invalid-samba"])("refuse every truncation of %s", (path) => {
    expectEveryTruncationRefused(decodeSmb2, messageOf(path));
  });

  it("refuse every truncation of a request", () => expectEveryTruncationRefused(decodeSmb2, encodeSmb2(REQUEST)));

  it("meet any bytes with a message or a WireError", () => {
    for (const path of ["smb2-negotiate-samba", "smb2-negotiate-invalid-samba"]) {
      expectOnlyWireErrors(decodeSmb2, messageOf(path));
    }
    expectOnlyWireErrors(decodeSmb2, encodeSmb2(REQUEST));
  });

  /** A captured response with one byte changed. */
  function changed(at: number, byte: number): Uint8Array {
    const bytes = messageOf("smb2-negotiate-samba");
    bytes[at] = byte;
    return bytes;
  }

  it.each([
    ["another mark", 0, 0xff, "malformed"],
    ["a header of another length", 4, 32, "malformed"],
    ["another command", 12, 1, "unsupported"],
    ["a body of another size", 64, 64, "malformed"],
    ["a security buffer within the header", 120, 0x7f, "malformed"],
    ["a security buffer that ends too late", 122, 0x61, "truncated"],
    ["a security buffer behind the end", 121, 0x01, "truncated"],
  ])("refuse %s", (_, at, byte, code) => {
    expect(wireErrorOf(() => decodeSmb2(changed(at, byte)))?.code).toBe(code);
  });

  it("have no security buffer where its length says so, wherever it is said to be", () => {
    const bytes = changed(122, 0);
    bytes[120] = 0;
    expect(decodeSmb2(bytes)).toMatchObject({ securityBuffer: new Uint8Array() });
  });

  it("name dialects, capabilities and statuses", () => {
    expect([0x0202, 0x0210, 0x0300, 0x0302, 0x0311, 0x02ff, 0x0222].map(smb2DialectName)).toEqual([
      ...["2.0.2", "2.1", "3.0", "3.0.2", "3.1.1", "2 or later", "0x0222"],
    ]);
    expect(smb2CapabilityNames(0x80000047)).toEqual(["DFS", "LEASING", "LARGE_MTU", "ENCRYPTION"]);
    expect([0xc000000d, 0xc00000bb, 0xc0000001].map(ntStatusName)).toEqual([
      ...["STATUS_INVALID_PARAMETER", "STATUS_NOT_SUPPORTED", "status 0xc0000001"],
    ]);
  });
});

describe("SMB frames", () => {
  const frame = fixture("smb/smb2-negotiate-samba.hex");

  it("round trip around a message", () => {
    const around = fc.uint8Array({ minLength: 32, maxLength: 200 }).map((bytes) => {
      bytes.set([0xfe, 0x53, 0x4d, 0x42]);
      return bytes;
    });
    expectRoundTrip(around, encodeSmbFrame, (bytes) => Uint8Array.from(decodeSmbFrame(bytes)));
  });

  it("are as long as was captured, and wait for their head", () => {
    for (let length = 0; length < 4; length++) expect(smbFrameLength(frame.slice(0, length))).toBeUndefined();
    for (let length = 4; length <= 10; length++) expect(smbFrameLength(frame.slice(0, length))).toBe(frame.length);
  });

  it("refuse every truncation, and what follows them", () => {
    expectEveryTruncationRefused(decodeSmbFrame, frame);
    expect(wireErrorOf(() => decodeSmbFrame(Uint8Array.of(...frame, 0)))?.code).toBe("malformed");
  });

  it("meet any bytes with a message or a WireError", () => {
    expectOnlyWireErrors(decodeSmbFrame, frame);
    expectOnlyWireErrors(smbFrameLength, frame);
  });

  it.each([
    ["a web server", "48"],
    ["a TLS alert", "15030300020228"],
    ["a NetBIOS session response", "82000000"],
    ["a message too short to be one", "0000001f fe534d42"],
    ["a message of another protocol", "00000040 fe53 4e"],
  ])("refuse the head of %s", (_, bytes) => {
    expect(wireErrorOf(() => smbFrameLength(hex(bytes)))?.code).toBe("malformed");
  });

  it("hold at most 16 MiB", () => {
    expect(wireErrorOf(() => encodeSmbFrame(new Uint8Array(2 ** 24)))?.code).toBe("unencodable");
  });
});

describe("FILETIME", () => {
  it("is what was captured: the morning of 21 November 2026", () => {
    expect(new Date(unixMsFromFiletime(0x01dd798245e974ccn)).toISOString()).toBe("2026-11-21T06:33:51.661Z");
    expect(filetimeFromUnixMs(0)).toBe(116_444_736_000_000_000n);
  });

  it("round trips to the microsecond", () => {
    fc.assert(
      fc.property(fc.nat({ max: 4_000_000_000_000 }), fc.nat({ max: 999 }), (ms, us) => {
        const unixMs = ms + us / 1000;
        expect(unixMsFromFiletime(filetimeFromUnixMs(unixMs))).toBeCloseTo(unixMs, 3);
      }),
    );
  });
});
