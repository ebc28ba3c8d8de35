import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSip, encodeSip, SIP_MESSAGE_MAX_BYTES, type SipMessage, sipFrameLength } from "../../src/wire/sip.ts";
import { headerList, headerValue } from "../../src/wire/sip-headers.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  wireErrorOf,
} from "./support.ts";

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
const header = fc.record({
  name: token.filter((name) => !["content-length", "l"].includes(name.toLowerCase())),
  value: line.map((value) => value.trim()),
});
const content = { headers: fc.array(header, { maxLength: 8 }), body: fc.uint8Array({ maxLength: 64 }) };
const message: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({ type: fc.constant("request" as const), method: token, uri: token, ...content }),
  fc.record({
    type: fc.constant("response" as const),
    status: fc.integer({ min: 100, max: 699 }),
    reason: line,
    ...content,
  }),
);
const OK = "SIP/2.0 200 OK\r\n";

describe("SIP messages", () => {
  it("round trip", () => {
    expectRoundTrip(message, encodeSip, decodeSip);
  });

  it("are read from captured bytes", () => {
    const response = decodeSip(fixture("sip/options-200-kamailio.hex"));
    expect(response).toMatchObject({ type: "response", status: 200, reason: "OK", body: new Uint8Array(0) });
    expect(headerValue(response.headers, "Server")).toBe("kamailio (5.6.3 (x86_64/linux))");
    expect(headerList(response.headers, "allow")).toEqual(["OPTIONS", "INVITE"]);
    expect(text(encodeSip(response))).toBe(text(fixture("sip/options-200-kamailio.hex")));
  });

  it("refuse every truncation", () => {
    expectEveryTruncationRefused(decodeSip, fixture("sip/options-200-kamailio.hex"));
    const withBody = bytes(`${OK}Content-Length: 4\r\n\r\nbody`);
    expectEveryTruncationRefused(decodeSip, withBody);
  });

  it("meet any bytes with a message or a WireError", () => {
    expectOnlyWireErrors(decodeSip, fixture("sip/options-404-kamailio.hex"));
  });

  it("have a body that may begin with a blank", () => {
    expect(text(decodeSip(bytes(`${OK}\r\n body`)).body)).toBe(" body");
  });

  it("may begin with line ends, and have a start line without a reason", () => {
    expect(decodeSip(bytes("\r\n\r\nSIP/2.0 200\r\n\r\n"))).toMatchObject({ status: 200, reason: "" });
    expect(decodeSip(bytes("sip/2.0  486 Busy Here\r\n\r\n"))).toMatchObject({ status: 486, reason: "Busy Here" });
  });

  it.each([
    ["SIP/2.0 099 Low", "malformed"],
    ["SIP/2.0 700 High", "malformed"],
    ["SIP/2.0 20 Short", "malformed"],
    ["SIP/3.0 200 OK", "unsupported"],
    ["HTTP/1.1 400 Bad Request", "malformed"],
    ["OPTIONS sip:a SIP/2.0 x", "malformed"],
    ["OPT IONS sip:a SIP/2.0", "malformed"],
    ["", "truncated"],
  ])("with the start line %j are refused", (start, code) => {
    expect(codeOf(() => decodeSip(bytes(`${start}\r\n\r\n`)))).toBe(code);
  });

  it.each([
    ["a line without a colon", "no header here"],
    ["a line that begins with a colon", ": value"],
    ["a name with a blank inside", "two words: value"],
    ["a fold before any header", " folded: value"],
  ])("with %s are refused", (_, headerLine) => {
    expect(codeOf(() => decodeSip(bytes(`${OK}${headerLine}\r\n\r\n`)))).toBe("malformed");
  });

  it("are bounded in lines, headers and length", () => {
    const refused = (lines: string) => codeOf(() => decodeSip(bytes(`${OK}${lines}\r\n`)));
    expect(refused(`Subject: ${"x".repeat(9_000)}\r\n`)).toBe("limit");
    expect(refused(`Subject: x\r\n${" x\r\n".repeat(3_000)}`)).toBe("limit");
    expect(refused("A: b\r\n".repeat(300))).toBe("limit");
    expect(refused("Content-Length: 9999999999\r\n")).toBe("limit");
    expect(codeOf(() => decodeSip(new Uint8Array(SIP_MESSAGE_MAX_BYTES + 1)))).toBe("limit");
  });

  it("cannot be written with a line break or a false length", () => {
    const response = { type: "response", status: 200, reason: "OK", headers: [], body: bytes("abc") } as const;
    const writing = (how: object) => codeOf(() => encodeSip({ ...response, ...how }));
    expect(writing({})).toBeUndefined();
    expect(writing({ reason: "OK\r\nX: y" })).toBe("unencodable");
    expect(writing({ status: 700 })).toBe("unencodable");
    expect(writing({ headers: [{ name: "X", value: "a\nb" }] })).toBe("unencodable");
    expect(writing({ headers: [{ name: "X Y", value: "a" }] })).toBe("unencodable");
    expect(writing({ headers: [{ name: "Content-Length", value: "4" }] })).toBe("unencodable");
    expect(writing({ type: "request", method: "A B", uri: "sip:a" })).toBe("unencodable");
    expect(writing({ type: "request", method: "A", uri: "sip:a b" })).toBe("unencodable");
  });
});

describe("SIP over a stream", () => {
  it("ends a message where Content-Length says, with the line ends in front of it", () => {
    const stream = bytes(`\r\n\r\n${OK}l: 4\r\n\r\nbodySIP/2.0 100 Trying\r\n`);
    expect(sipFrameLength(stream)).toBe(stream.length - "SIP/2.0 100 Trying\r\n".length);
    expect(text(decodeSip(stream.subarray(0, sipFrameLength(stream))).body)).toBe("body");
  });

  it("has no body without Content-Length", () => {
    const stream = bytes(`${OK}\r\nSIP/2.0`);
    expect(sipFrameLength(stream)).toBe(OK.length + 2);
  });

  it("waits for every truncation of a head, and takes captured bytes whole", () => {
    const whole = fixture("sip/options-200-tcp-kamailio.hex");
    for (let length = 0; length < whole.length; length++) {
      expect(sipFrameLength(whole.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    expect(sipFrameLength(whole)).toBe(whole.length);
  });

  it.each([
    ["a mail server's greeting", "220 mail ESMTP\r\n"],
    ["an HTTP response", "HTTP/1.1 400 Bad Request\r\n"],
    ["a TLS alert", "\x15\x03\x03\0\x02"],
    ["text with a NUL, before its line ends", "RFB\0"],
  ])("throws for %s before more has come", (_, begins) => {
    expect(codeOf(() => sipFrameLength(bytes(begins)))).toBe("malformed");
  });

  it("throws for a line, a head or a body without end", () => {
    expect(codeOf(() => sipFrameLength(bytes("x".repeat(9_000))))).toBe("limit");
    expect(codeOf(() => sipFrameLength(bytes(OK + "A: b\r\n".repeat(12_000))))).toBe("limit");
    expect(codeOf(() => sipFrameLength(bytes(`${OK}Content-Length: 70000\r\n\r\n`)))).toBe("limit");
  });

  it("meets any bytes with a length or a WireError", () => {
    expectOnlyWireErrors(sipFrameLength, fixture("sip/options-404-kamailio.hex"));
  });
});
