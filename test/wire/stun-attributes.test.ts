import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeStun, encodeStun, STUN_ATTRIBUTE, type StunAttribute, type StunMessage } from "../../src/wire/stun.ts";
import {
  addressAttribute,
  addressOf,
  errorAttribute,
  errorOf,
  numberAttribute,
  numberOf,
  textAttribute,
  textOf,
} from "../../src/wire/stun-attributes.ts";
import { expectOnlyWireErrors, fixture, hex, toHex, wireErrorOf } from "./support.ts";

const COOKIE_ID = hex("2112a442c0ffee0123456789abcdef01");
const OLD_ID = hex("ffeeddccbbaa99887766554433221100");

function messageOf(attribute: StunAttribute, id = COOKIE_ID): StunMessage {
  return { class: "success", method: 1, id, attributes: [attribute] };
}

/** A message with one attribute of these bytes. */
function holding(type: number, bytes: string): StunMessage {
  return messageOf({ type, value: hex(bytes) });
}

const addressTypes = fc.constantFrom(
  STUN_ATTRIBUTE.mappedAddress,
  STUN_ATTRIBUTE.xorMappedAddress,
  STUN_ATTRIBUTE.oldXorMappedAddress,
  STUN_ATTRIBUTE.otherAddress,
);
const ipv6 = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)).join(":"));

describe("addresses", () => {
  it("round trip in each form, with either id", () => {
    const port = fc.integer({ min: 0, max: 0xffff });
    const id = fc.constantFrom(COOKIE_ID, OLD_ID);
    fc.assert(
      fc.property(addressTypes, fc.oneof(fc.ipV4(), ipv6), port, id, (type, address, port, id) => {
        expect(addressOf(messageOf(addressAttribute(type, { address, port }, id), id), type)).toEqual({
          address,
          port,
        });
      }),
    );
  });

  it("are what coturn saw and where it answered from", () => {
    const reply = decodeStun(fixture("stun/binding-coturn.hex"));
    const client = { address: "127.0.0.1", port: 41_705 };
    expect(addressOf(reply, STUN_ATTRIBUTE.xorMappedAddress)).toEqual(client);
    expect(addressOf(reply, STUN_ATTRIBUTE.mappedAddress)).toEqual(client);
    expect(addressOf(reply, STUN_ATTRIBUTE.responseOrigin)).toEqual({ address: "127.0.0.1", port: 3478 });
    expect(addressOf(reply, STUN_ATTRIBUTE.otherAddress)).toBeUndefined();
  });

  it("of an old server stand in the clear", () => {
    const reply = decodeStun(fixture("stun/binding-classic-coturn.hex"));
    expect(addressOf(reply, STUN_ATTRIBUTE.mappedAddress)).toEqual({ address: "127.0.0.1", port: 42_911 });
  });

  it("are masked with the bytes of RFC 5769", () => {
    const id = hex("2112a442b7e7a701bc34d686fa87dfae");
    const address = { address: "192.0.2.1", port: 32_853 };
    expect(toHex(addressAttribute(STUN_ATTRIBUTE.xorMappedAddress, address, id).value)).toBe("0001a147e112a643");
  });

  it.each([
    ["another family", "0003 1234 7f000001", "malformed"],
    ["half an address", "0001 1234 7f00", "truncated"],
    ["more than an address", "0001 1234 7f000001 00", "malformed"],
    ["half an IPv6 address", "0002 1234 7f000001", "truncated"],
  ])("are refused with %s", (_, bytes, code) => {
    const message = holding(STUN_ATTRIBUTE.mappedAddress, bytes);
    expect(wireErrorOf(() => addressOf(message, STUN_ATTRIBUTE.mappedAddress))?.code).toBe(code);
  });
});

describe("errors", () => {
  it("round trip", () => {
    const code = fc.integer({ min: 100, max: 699 });
    fc.assert(
      fc.property(code, fc.stringMatching(/^[a-zA-Z]{0,20}$/), (code, reason) => {
        expect(errorOf(messageOf(errorAttribute({ code, reason })))).toEqual({ code, reason });
      }),
    );
  });

  it("are told by coturn", () => {
    const reply = decodeStun(fixture("stun/allocate-401-coturn.hex"));
    expect(errorOf(reply)).toEqual({ code: 401, reason: "Unauthorized" });
    expect(textOf(reply, STUN_ATTRIBUTE.realm)).toBe("lab.test");
    expect(textOf(reply, STUN_ATTRIBUTE.nonce)).toBe("e59319818a5a9d1b");
    expect(errorOf(decodeStun(fixture("stun/binding-coturn.hex")))).toBeUndefined();
  });

  it("lose what fills the phrase up", () => {
    expect(errorOf(holding(STUN_ATTRIBUTE.errorCode, "00000401 4e6f2020"))).toEqual({ code: 401, reason: "No" });
    expect(errorOf(holding(STUN_ATTRIBUTE.errorCode, "00000401 4e6f0000"))).toEqual({ code: 401, reason: "No" });
  });

  it.each([
    ["class 0", "00000001", "malformed"],
    ["class 7", "00000701", "malformed"],
    ["number 100", "00000464", "malformed"],
    ["three bytes", "000004", "truncated"],
  ])("are refused with %s", (_, bytes, code) => {
    expect(wireErrorOf(() => errorOf(holding(STUN_ATTRIBUTE.errorCode, bytes)))?.code).toBe(code);
  });

  it.each([99, 700, 401.5])("are not written with the code %d", (code) => {
    expect(wireErrorOf(() => errorAttribute({ code, reason: "" }))?.code).toBe("unencodable");
  });
});

describe("texts and numbers", () => {
  it("round trip", () => {
    const software = STUN_ATTRIBUTE.software;
    expect(textOf(messageOf(textAttribute(software, "Über 1.0")), software)).toBe("Über 1.0");
    expect(textOf(messageOf(textAttribute(software, "x")), STUN_ATTRIBUTE.realm)).toBeUndefined();
    const lifetime = STUN_ATTRIBUTE.lifetime;
    expect(numberOf(messageOf(numberAttribute(lifetime, 0xffff_ffff)), lifetime)).toBe(0xffff_ffff);
    expect(numberOf(messageOf(textAttribute(software, "x")), lifetime)).toBeUndefined();
  });

  it("are the lifetime of an open relay", () => {
    expect(numberOf(decodeStun(fixture("stun/allocate-open-coturn.hex")), STUN_ATTRIBUTE.lifetime)).toBe(600);
  });

  it("of other sizes are refused", () => {
    const number = (bytes: string) => numberOf(holding(STUN_ATTRIBUTE.lifetime, bytes), STUN_ATTRIBUTE.lifetime);
    expect(wireErrorOf(() => number("0000"))?.code).toBe("truncated");
    expect(wireErrorOf(() => number("0000000000"))?.code).toBe("malformed");
  });

  it("meet any message with a value or a WireError", () => {
    const readers = [addressOf, textOf, numberOf];
    for (const name of ["binding-coturn", "allocate-401-coturn", "allocate-open-coturn"]) {
      expectOnlyWireErrors(
        (bytes) => {
          const message = decodeStun(bytes);
          errorOf(message);
          for (const { type } of message.attributes) for (const read of readers) tryRead(() => read(message, type));
        },
        encodeStun(decodeStun(fixture(`stun/${name}.hex`))),
      );
    }
  });
});

/** What one reader refuses another may take. */
function tryRead(read: () => unknown): void {
  wireErrorOf(read);
}
