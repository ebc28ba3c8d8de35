import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePdu, encodePdu, PFC, type ResponsePdu, WHOLE } from "../../src/wire/dcerpc.ts";
import {
  isLastFragment,
  joinResponse,
  MAX_FRAGMENTS,
  MAX_STUB_BYTES,
  splitResponse,
} from "../../src/wire/dcerpc-fragments.ts";
import { fixture, toHex, wireErrorOf } from "./support.ts";

function response(stub: Uint8Array, flags: number = WHOLE.flags): ResponsePdu {
  return { ...WHOLE, flags, callId: 7, type: "response", contextId: 0, stub };
}

const captured = ["epm/lookup-samba-1.hex", "epm/lookup-samba-2.hex"].map(
  (path) => decodePdu(fixture(path)) as ResponsePdu,
);

describe("responses in fragments", () => {
  it("round trip", () => {
    const sizes = fc.integer({ min: 32, max: 400 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), sizes, (stub, maxFragmentBytes) => {
        const fragments = splitResponse(response(stub), maxFragmentBytes);
        expect(joinResponse(fragments)).toEqual(response(stub));
        for (const fragment of fragments) expect(encodePdu(fragment).length).toBeLessThanOrEqual(maxFragmentBytes);
        expect(fragments.map(isLastFragment).indexOf(true)).toBe(fragments.length - 1);
      }),
    );
  });

  it("are cut as was captured", () => {
    const whole = joinResponse(captured);
    expect(whole.stub).toHaveLength(6684);
    expect(splitResponse(whole, 4280)).toEqual(captured);
    expect(toHex(whole.stub.subarray(4256))).toBe(toHex(captured[1]!.stub));
  });

  it("refuse truncation: no first or no last fragment, none at all", () => {
    expect(wireErrorOf(() => joinResponse([]))?.code).toBe("truncated");
    expect(wireErrorOf(() => joinResponse(captured.slice(0, 1)))?.code).toBe("truncated");
    expect(wireErrorOf(() => joinResponse(captured.slice(1)))?.code).toBe("malformed");
  });

  it("refuse fragments that do not belong together", () => {
    const [first, last] = captured as [ResponsePdu, ResponsePdu];
    for (const fragments of [
      [first, first, last],
      [first, last, last],
      [first, { ...last, callId: 9 }],
      [first, { ...last, order: "be" as const }],
    ]) {
      expect(wireErrorOf(() => joinResponse(fragments))?.code).toBe("malformed");
    }
  });

  it("stop at their limits", () => {
    const many = [
      response(new Uint8Array(8), PFC.firstFragment),
      ...Array.from({ length: MAX_FRAGMENTS }, () => response(new Uint8Array(8), 0)),
    ];
    expect(wireErrorOf(() => joinResponse(many))?.code).toBe("limit");
    expect(wireErrorOf(() => joinResponse([response(new Uint8Array(MAX_STUB_BYTES + 1))]))?.code).toBe("limit");
    expect(wireErrorOf(() => splitResponse(response(new Uint8Array(8)), 31))?.code).toBe("unencodable");
  });
});
