import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressLiteral,
  decodeSmtpCommand,
  decodeSmtpReply,
  ehloExtensions,
  encodeSmtpCommand,
  encodeSmtpReply,
  type SmtpReply,
  smtpCommandLength,
  smtpReplyLength,
} from "../../src/wire/smtp.ts";
import { expectOnlyWireErrors, expectRoundTrip, fixture, wireErrorOf } from "./support.ts";

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));
const text = fc.stringMatching(/^[\x20-\x7e]{0,60}$/);
const code = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 9 }))
  .map((digits) => Number(digits.join("")));
const reply: fc.Arbitrary<SmtpReply> = fc.record({ code, lines: fc.array(text, { minLength: 1, maxLength: 5 }) });

const ehlo = fixture("smtp/ehlo-exim.hex");

describe("SMTP replies", () => {
  it("round trip", () => {
    expectRoundTrip(reply, encodeSmtpReply, decodeSmtpReply);
  });

  it("of exim are what was captured", () => {
    expect(decodeSmtpReply(fixture("smtp/banner-exim.hex"))).toEqual({
      code: 220,
      lines: ["mail.lab.test ESMTP Exim 4.96 Sat, 21 Nov 2026 15:27:42 +0000"],
    });
    const greeting = decodeSmtpReply(ehlo);
    expect(greeting.code).toBe(250);
    expect(ehloExtensions(greeting)).toEqual([
      { keyword: "SIZE", parameters: "52428800" },
      ...["8BITMIME", "PIPELINING", "PIPECONNECT", "CHUNKING", "STARTTLS", "SMTPUTF8", "HELP"].map((keyword) => ({
        keyword,
        parameters: "",
      })),
    ]);
    expect(decodeSmtpReply(fixture("smtp/banner-refused-exim.hex")).code).toBe(550);
    expect(encodeSmtpReply(greeting)).toEqual(ehlo);
  });

  it("refuse every truncation, and are awaited while they are not whole", () => {
    for (let length = 0; length < ehlo.length; length++) {
      const part = ehlo.slice(0, length);
      expect(smtpReplyLength(part), `${length} bytes`).toBeUndefined();
      expect(wireErrorOf(() => decodeSmtpReply(part))?.code).toBe("truncated");
    }
    expect(smtpReplyLength(Uint8Array.of(...ehlo, 50, 50))).toBe(ehlo.length);
  });

  it("meet any bytes with a reply or a WireError", () => {
    expectOnlyWireErrors(decodeSmtpReply, ehlo);
    expectOnlyWireErrors(smtpReplyLength, ehlo);
  });

  it("may end in a bare line feed, and in a code alone", () => {
    expect(decodeSmtpReply(bytesOf("250-mail\n250 HELP\n"))).toEqual({ code: 250, lines: ["mail", "HELP"] });
    expect(decodeSmtpReply(bytesOf("221\r\n"))).toEqual({ code: 221, lines: [""] });
  });

  it.each(["SSH-2.0", "HTTP/1.1 400", "220_x", "22a", "\x16\x03\x01", "199 x", "260 x", "600 x"])(
    "do not begin with %j, which is known before a line is whole",
    (text) => {
      expect(wireErrorOf(() => smtpReplyLength(bytesOf(text)))?.code).toBe("malformed");
    },
  );

  it("bear one code on all lines, and nothing behind the last", () => {
    expect(wireErrorOf(() => decodeSmtpReply(bytesOf("250-a\r\n251 b\r\n")))?.message).toContain("code 251 after 250");
    expect(wireErrorOf(() => decodeSmtpReply(bytesOf("250 a\r\n250 b\r\n")))?.code).toBe("malformed");
    expect(wireErrorOf(() => decodeSmtpReply(bytesOf("250-a\r\nnonsense\r\n")))?.code).toBe("malformed");
  });

  it("have an end, in lines and in bytes", () => {
    expect(wireErrorOf(() => smtpReplyLength(bytesOf("250-a\r\n".repeat(257))))?.code).toBe("limit");
    expect(wireErrorOf(() => smtpReplyLength(bytesOf(`250 ${"a".repeat(5_000)}`)))?.code).toBe("limit");
  });

  it("refuse to write what no server says", () => {
    for (const wrong of [{ lines: [] }, { code: 99 }, { code: 650 }, { lines: ["a\r\nb"] }]) {
      expect(wireErrorOf(() => encodeSmtpReply({ code: 250, lines: ["a"], ...wrong }))?.code).toBe("unencodable");
    }
  });

  it("list extensions as old servers write them, and pass over what is none", () => {
    const old = { code: 250, lines: ["mail", "auth=LOGIN", "size 100", "", "-", "XXXXXXXA"] };
    expect(ehloExtensions(old)).toEqual([
      { keyword: "AUTH", parameters: "LOGIN" },
      { keyword: "SIZE", parameters: "100" },
      { keyword: "XXXXXXXA", parameters: "" },
    ]);
  });
});

describe("SMTP commands", () => {
  it("round trip, and are refused in every truncation", () => {
    expectRoundTrip(fc.stringMatching(/^[\x20-\x7e]{1,80}$/), encodeSmtpCommand, decodeSmtpCommand);
    const command = encodeSmtpCommand("QUIT");
    for (let length = 0; length < command.length; length++) {
      expect(smtpCommandLength(command.slice(0, length))).toBeUndefined();
      expect(wireErrorOf(() => decodeSmtpCommand(command.slice(0, length)))?.code).toBe("truncated");
    }
  });

  it("are one line", () => {
    for (const wrong of ["", "a\r\nb", "EHLO é"]) {
      expect(wireErrorOf(() => encodeSmtpCommand(wrong))?.code).toBe("unencodable");
    }
    expect(wireErrorOf(() => decodeSmtpCommand(bytesOf("QUIT\r\nQUIT\r\n")))?.code).toBe("malformed");
  });

  it.each([
    ["192.0.2.1", "[192.0.2.1]"],
    ["2001:db8::1", "[IPv6:2001:db8::1]"],
    ["fe80::1%eth0", "[IPv6:fe80::1]"],
  ])("present %s as %s", (address, literal) => {
    expect(addressLiteral(address)).toBe(literal);
  });
});
