import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSip } from "../../src/wire/sip.ts";
import { decodeSipAddress, formatSipAddress, type SipAddress } from "../../src/wire/sip-address.ts";
import { decodeCseq, fullHeaderName, headerValue, headerValues } from "../../src/wire/sip-headers.ts";
import { type SipParameter, splitSipList } from "../../src/wire/sip-text.ts";
import { decodeVia, formatVia, type SipVia } from "../../src/wire/sip-via.ts";
import { expectOnlyWireErrors, fixture, wireErrorOf } from "./support.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const bytes = (lines: string): Uint8Array => Uint8Array.from(Buffer.from(lines, "utf8"));
const codeOf = (call: () => unknown): string | undefined => wireErrorOf(call)?.code;

const TOKEN = [..."abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-.!%*_+`'~"];
const token = fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 12 });
/** Text of one line without blanks around it; blanks and quotes inside. */
const line = fc.string({
  unit: fc.constantFrom(...TOKEN, " ", '"', "\\", ";", ",", "<", ">", "é", "大"),
  maxLength: 30,
});
const parameter: fc.Arbitrary<SipParameter> = fc.oneof(
  fc.record({ name: token }),
  fc.record({ name: token, value: line.filter((value) => value !== "") }),
);
const via: fc.Arbitrary<SipVia> = fc.record(
  {
    transport: fc.constantFrom("UDP", "TCP", "TLS", "SCTP"),
    host: fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().filter((address) => address.includes(":")),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
    parameters: fc.array(parameter, { maxLength: 5 }),
  },
  { requiredKeys: ["transport", "host", "parameters"] },
);
const address: fc.Arbitrary<SipAddress> = fc.record(
  { displayName: line, uri: token.map((name) => `sip:${name}`), parameters: fc.array(parameter, { maxLength: 4 }) },
  { requiredKeys: ["uri", "parameters"] },
);

const OK = "SIP/2.0 200 OK\r\n";

describe("SIP headers", () => {
  it("are found by any case and by their compact names", () => {
    expect("vftimlcks".split("").map(fullHeaderName)).toEqual([
      ..."via from to call-id contact content-length content-type supported subject".split(" "),
    ]);
    expect(fullHeaderName("constructor")).toBe("constructor");
    const { headers } = decodeSip(bytes(`${OK}v: 1\r\nVIA : 2\r\nx-y:3\r\n\r\n`));
    expect(headerValues(headers, "Via")).toEqual(["1", "2"]);
    expect(headerValue(headers, "X-Y")).toBe("3");
  });

  it("that stand once may be repeated, and not contradict each other", () => {
    const { headers } = decodeSip(bytes(`${OK}l: 0\r\nContent-Length: 0\r\nTo: a\r\nt: b\r\n\r\n`));
    expect(headerValue(headers, "content-length")).toBe("0");
    expect(codeOf(() => headerValue(headers, "to"))).toBe("malformed");
  });

  it("that are lists are split at commas outside of quotes and brackets", () => {
    expect(splitSipList('"a, \\"b" <sip:c,d>;e="f,g" , h')).toEqual(['"a, \\"b" <sip:c,d>;e="f,g"', "h"]);
    expect(codeOf(() => splitSipList(",".repeat(500)))).toBe("limit");
  });

  it.each(["1", "OPTIONS 1", "2147483648 OPTIONS", "-1 OPTIONS", "1 OPT,IONS"])("refuse the CSeq %j", (value) => {
    expect(codeOf(() => decodeCseq(value))).toBe("malformed");
  });

  it("take the CSeq with leading zeros", () => {
    expect(decodeCseq("0002147483647 OPTIONS")).toEqual({ number: 2_147_483_647, method: "OPTIONS" });
  });
});

describe("Via", () => {
  it("round trips", () => {
    fc.assert(
      fc.property(via, (one) => {
        expect(decodeVia(formatVia(one))).toEqual(one);
      }),
    );
  });

  it.each([
    "HTTP/1.1/TCP host",
    "SIP/3.0/UDP host",
    "SIP/2.0/UDP",
    "SIP/2.0 UDP host",
    "SIP/2.0/UDP host:port",
    "SIP/2.0/UDP host:70000",
    "SIP/2.0/UDP [::1",
    "SIP/2.0/UDP host;;branch=x",
    'SIP/2.0/UDP host;branch="x',
    "SIP/2.0/UDP host other",
    "",
  ])("%j is refused", (value) => {
    expect(codeOf(() => decodeVia(value))).toBe("malformed");
  });

  it("has at most so many parameters", () => {
    expect(codeOf(() => decodeVia(`SIP/2.0/UDP host${";a".repeat(500)}`))).toBe("limit");
  });

  it("meets any text with a hop or a WireError", () => {
    expectOnlyWireErrors((each) => decodeVia(text(each)), bytes("SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1;rport"));
  });
});

describe("SIP addresses", () => {
  it("round trip", () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(decodeSipAddress(formatSipAddress(one))).toEqual(one);
      }),
    );
  });

  it.each(["", "<>", "<sip:a", '"a" sip:b', "<sip:a b>", "a, b <sip:c>", "sip:a?b=c", "<sip:a>b"])(
    "%j is refused",
    (value) => {
      expect(codeOf(() => decodeSipAddress(value))).toBe("malformed");
    },
  );

  it("refuse every truncation inside of quotes or brackets", () => {
    const whole = '"A \\"B" <sip:c@d;e>';
    for (let length = 0; length < whole.length; length++) {
      expect(
        codeOf(() => decodeSipAddress(whole.slice(0, length))),
        `${length} characters`,
      ).toBe("malformed");
    }
  });

  it("are read from captured bytes", () => {
    const { headers } = decodeSip(fixture("sip/options-404-kamailio.hex"));
    expect(decodeSipAddress(headerValue(headers, "from")!)).toEqual({
      uri: "sip:unity-probe@127.0.0.1",
      parameters: [{ name: "tag", value: "0123456789abcdef" }],
    });
  });

  it("meet any text with an address or a WireError", () => {
    expectOnlyWireErrors((each) => decodeSipAddress(text(each)), bytes('"A \\"B" <sip:c@d;e>;tag=f'));
  });
});
