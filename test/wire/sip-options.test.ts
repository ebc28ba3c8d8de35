import { describe, expect, it } from "vitest";
import { decodeSip, encodeSip } from "../../src/wire/sip.ts";
import { headerValue } from "../../src/wire/sip-headers.ts";
import {
  answersOptions,
  optionsRequest,
  SIP_TRANSACTION_BYTES,
  sipTransaction,
  topmostBranch,
} from "../../src/wire/sip-options.ts";
import { parameterValue } from "../../src/wire/sip-text.ts";
import { viasOf } from "../../src/wire/sip-via.ts";
import { expectEveryTruncationRefused, fixture } from "./support.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const bytes = (lines: string): Uint8Array => Uint8Array.from(Buffer.from(lines, "utf8"));

const RANDOM = Uint8Array.from({ length: SIP_TRANSACTION_BYTES }, (_, index) => index + 0xa0);
const LOCAL = { address: "192.0.2.7", port: 40_000 };
const REQUEST = {
  ...sipTransaction(RANDOM, LOCAL.address),
  transport: "UDP",
  host: "sip.example.com",
  port: 5060,
  local: LOCAL,
  maxForwards: 70,
  userAgent: "unity-probe/1.0",
} as const;

describe("the OPTIONS request", () => {
  it("has the bytes of RFC 3261 section 11, and nothing that tells of a person", () => {
    expect(text(encodeSip(optionsRequest(REQUEST))).split("\r\n")).toEqual([
      "OPTIONS sip:sip.example.com SIP/2.0",
      "Via: SIP/2.0/UDP 192.0.2.7:40000;branch=z9hG4bKa0a1a2a3a4a5a6a7a8a9aaabacadaeaf;rport",
      "Max-Forwards: 70",
      "From: <sip:unity-probe@192.0.2.7>;tag=c0c1c2c3c4c5c6c7",
      "To: <sip:sip.example.com>",
      "Call-ID: b0b1b2b3b4b5b6b7b8b9babbbcbdbebf@192.0.2.7",
      `CSeq: ${0x48c9cacb} OPTIONS`,
      "Contact: <sip:unity-probe@192.0.2.7:40000>",
      "Accept: application/sdp",
      "User-Agent: unity-probe/1.0",
      "Content-Length: 0",
      "",
      "",
    ]);
  });

  it.each([
    ["UDP", 5060, "sip:sip.example.com"],
    ["UDP", 5062, "sip:sip.example.com:5062"],
    ["TCP", 5060, "sip:sip.example.com;transport=tcp"],
    ["TLS", 5061, "sip:sip.example.com"],
    ["TLS", 5062, "sip:sip.example.com:5062"],
  ] as const)("over %s to port %i asks for %s", (transport, port, uri) => {
    expect(optionsRequest({ ...REQUEST, transport, port }).uri).toBe(uri);
  });

  it("bears IPv6 addresses in brackets, without their zone", () => {
    const local = { address: "fe80::1%eth0", port: 40_000 };
    const request = optionsRequest({
      ...REQUEST,
      host: "2001:db8::5",
      local,
      ...sipTransaction(RANDOM, local.address),
    });
    expect(request.uri).toBe("sip:[2001:db8::5]");
    expect(viasOf(request.headers)[0]).toMatchObject({ host: "fe80::1", port: 40_000 });
    expect(headerValue(request.headers, "call-id")).toMatch(/@\[fe80::1\]$/);
  });

  it("round trips, and every truncation is refused", () => {
    const request = optionsRequest(REQUEST);
    expect(decodeSip(encodeSip(request))).toEqual(request);
    expectEveryTruncationRefused(decodeSip, encodeSip(request));
  });

  it("never has the CSeq 0", () => {
    expect(sipTransaction(new Uint8Array(SIP_TRANSACTION_BYTES), "192.0.2.7").cseq).toBe(1);
  });
});

describe("a response to OPTIONS", () => {
  const response = (change: (headers: string) => string = (same) => same) => {
    const lines = text(encodeSip(optionsRequest(REQUEST))).replace(/^[^\r]*/, "SIP/2.0 200 OK");
    const decoded = decodeSip(bytes(change(lines)));
    if (decoded.type !== "response") throw new Error("no response");
    return decoded;
  };

  it("is ours when all ids are, however they are written", () => {
    expect(answersOptions(response(), REQUEST)).toBe(true);
    const compact = response((lines) => lines.replace("Via:", "v :").replace("From:", "f:").replace("Call-ID:", "I:"));
    expect(answersOptions(compact, REQUEST)).toBe(true);
    expect(topmostBranch(response())).toBe(REQUEST.branch);
  });

  it.each([
    ["branch", "a0a1a2", "000000"],
    ["From tag", "tag=c0", "tag=00"],
    ["Call-ID", "b0b1b2", "000000"],
    ["CSeq number", "CSeq: 12", "CSeq: 11"],
    ["CSeq method", " OPTIONS", " INVITE"],
    ["Via", "Via: ", "X-Via: "],
    ["From", "From: ", "X-From: "],
    ["CSeq", "CSeq: ", "X-CSeq: "],
    ["Call-ID header", "Call-ID: ", "X-Call-ID: "],
  ])("is not ours when the %s is another's", (_, ours, theirs) => {
    const changed = response((lines) => lines.replace(ours, theirs));
    expect(answersOptions(changed, REQUEST)).toBe(false);
  });

  it("is not ours when a hop of another lies on top", () => {
    const relayed = response((lines) =>
      lines.replace("Via:", "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother\r\nVia:"),
    );
    expect(answersOptions(relayed, REQUEST)).toBe(false);
  });

  it("in captured bytes has the parameters that the server added", () => {
    const [own] = viasOf(decodeSip(fixture("sip/options-200-kamailio.hex")).headers);
    expect(parameterValue(own!.parameters, "received")).toBe("127.0.0.1");
    expect(Number(parameterValue(own!.parameters, "rport"))).toBe(own!.port);
  });
});
