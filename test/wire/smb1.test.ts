import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unixMsFromFiletime } from "../../src/wire/filetime.ts";
import { decodeSmbFrame, encodeSmbFrame } from "../../src/wire/smb-frame.ts";
import {
  decodeSmb1,
  encodeSmb1,
  NO_DIALECT,
  SMB1_DIALECT,
  SMB2_BY_NAME,
  type Smb1Message,
} from "../../src/wire/smb1.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  hex,
  toHex,
  wireErrorOf,
} from "./support.ts";

const octet = fc.integer({ min: 0, max: 255 });
const message: fc.Arbitrary<Smb1Message> = fc.oneof(
  fc.record({
    type: fc.constant("negotiateRequest" as const),
    dialects: fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { maxLength: 64 }),
  }),
  fc.record(
    {
      type: fc.constant("negotiateResponse" as const),
      dialectIndex: fc.integer({ min: 0, max: 0xffff }),
      server: fc.record(
        { securityMode: octet, systemTime: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), guid: fc.uuid() },
        { requiredKeys: ["securityMode", "systemTime"] },
      ),
    },
    { requiredKeys: ["type", "dialectIndex"] },
  ),
  fc.record({ type: fc.constant("error" as const), status: fc.integer({ min: 1, max: 0xffff_ffff }) }),
);

const captured = Uint8Array.from(decodeSmbFrame(fixture("smb/smb1-negotiate-samba.hex")));
const REQUEST: Smb1Message = { type: "negotiateRequest", dialects: [SMB1_DIALECT, ...SMB2_BY_NAME] };

describe("SMB 1 messages", () => {
  it("round trip", () => expectRoundTrip(message, encodeSmb1, decodeSmb1));

  it("offer SMB 2 by name with the 73 bytes that a Samba answers", () => {
    const bytes = encodeSmbFrame(encodeSmb1(REQUEST));
    expect(toHex(bytes)).toBe(
      toHex(
        Buffer.concat([
          hex("00000045 FF534D42 72 00000000 18 53C8 0000 0000000000000000 0000 FFFF FFFE 0000 0000 00 2200"),
          Buffer.from("\x02NT LM 0.12\0\x02SMB 2.002\0\x02SMB 2.???\0", "latin1"),
        ]),
      ),
    );
    expect(bytes).toHaveLength(73);
  });

  it("are what was captured", () => {
    const response = decodeSmb1(captured);
    expect(response).toEqual({
      type: "negotiateResponse",
      dialectIndex: 0,
      server: { securityMode: 0x0f, systemTime: 0x01dd798245ee2c85n, guid: "31306364-0000-0000-0000-000000000000" },
    });
    expect(new Date(unixMsFromFiletime(0x01dd798245ee2c85n)).toISOString()).toBe("2026-11-21T06:33:51.692Z");
    // What says nothing of the server is written in our own way: flags, sizes, session key, what stands behind the GUID.
    const again = encodeSmb1(response);
    expect(toHex(again.subarray(0, 9))).toBe(toHex(captured.subarray(0, 9)));
    expect(toHex(again.subarray(32, 48))).toBe(toHex(captured.subarray(32, 48)));
    expect(toHex(again.subarray(56, 67))).toBe(toHex(captured.subarray(56, 67)));
    expect(toHex(again.subarray(69, 85))).toBe(toHex(captured.subarray(69, 85)));
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeSmb1, captured);
    expectEveryTruncationRefused(decodeSmb1, encodeSmb1(REQUEST));
    expectEveryTruncationRefused(decodeSmb1, encodeSmb1({ type: "negotiateResponse", dialectIndex: NO_DIALECT }));
  });

  it("meet any bytes with a message or a WireError", () => {
    expectOnlyWireErrors(decodeSmb1, captured);
    expectOnlyWireErrors(decodeSmb1, encodeSmb1(REQUEST));
  });

  /** The message with one byte changed. */
  function changed(bytes: Uint8Array, at: number, byte: number): Uint8Array {
    const copy = Uint8Array.from(bytes);
    copy[at] = byte;
    return copy;
  }

  /** The header of a message, so many empty words behind it, and no bytes. */
  function blocks(bytes: Uint8Array, words: number): Uint8Array {
    return Uint8Array.of(...bytes.subarray(0, 32), words, ...new Uint8Array(2 * words + 2));
  }

  it.each([
    ["another mark", changed(captured, 0, 0xfe), "malformed"],
    ["another command", changed(captured, 4, 0x73), "unsupported"],
    ["a server older than NT LM 0.12", blocks(captured, 13), "unsupported"],
    ["a request with words", blocks(encodeSmb1(REQUEST), 1), "malformed"],
    ["a dialect of another format", changed(encodeSmb1(REQUEST), 35, 1), "malformed"],
  ])("refuse %s", (_, bytes, code) => {
    expect(wireErrorOf(() => decodeSmb1(bytes))?.code).toBe(code);
  });

  it("have at most 64 dialects, none with a zero in it", () => {
    for (const dialects of [Array(65).fill("A"), ["A\0"]]) {
      expect(wireErrorOf(() => encodeSmb1({ type: "negotiateRequest", dialects }))?.code).toBe("unencodable");
    }
    const many = Uint8Array.of(...encodeSmb1(REQUEST).subarray(0, 33), 195, 0, ...Array(65).fill([2, 65, 0]).flat());
    expect(wireErrorOf(() => decodeSmb1(many))?.code).toBe("limit");
  });
});
