/**
 * The torture messages of RFC 4475 and, for IPv6, RFC 5118: bytes from the archives in those documents, and what is read
 * of each. A message is refused where it would have to be guessed at; a bad header is refused when it is read.
 */
import { describe, expect, it } from "vitest";
import { decodeSip, type SipMessage } from "../../src/wire/sip.ts";
import { decodeSipAddress } from "../../src/wire/sip-address.ts";
import { decodeCseq, headerList, headerValue, headerValues } from "../../src/wire/sip-headers.ts";
import { parameterValue } from "../../src/wire/sip-text.ts";
import { viasOf } from "../../src/wire/sip-via.ts";
import { expectOnlyWireErrors, fixture, wireErrorOf } from "./support.ts";

const rfc4475 = (name: string): Uint8Array => fixture(`sip-rfc4475/${name}.hex`);

/** The archive of RFC 5118 has bare line feeds, and twice no empty line: here they are as they would be sent. */
function rfc5118(name: string): Uint8Array {
  const text = Buffer.from(fixture(`sip-rfc5118/${name}.hex`))
    .toString("latin1")
    .replaceAll("\n", "\r\n");
  return Uint8Array.from(Buffer.from(text.includes("\r\n\r\n") ? text : `${text}\r\n`, "latin1"));
}

/** The headers with a grammar of their own, and how each is read. */
const READERS: Readonly<Record<string, (message: SipMessage) => unknown>> = {
  via: ({ headers }) => viasOf(headers),
  from: ({ headers }) => headerValues(headers, "from").map(decodeSipAddress),
  to: ({ headers }) => headerValues(headers, "to").map(decodeSipAddress),
  contact: ({ headers }) => headerList(headers, "contact").map(decodeSipAddress),
  cseq: ({ headers }) => decodeCseq(headerValue(headers, "cseq") ?? "none"),
};

function summary(bytes: Uint8Array): string {
  const message = decodeSip(bytes);
  const start = message.type === "request" ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`;
  const refused = Object.keys(READERS).filter((name) => wireErrorOf(() => READERS[name]!(message)) !== undefined);
  return `${start} | ${message.body.length}${refused.length === 0 ? "" : ` | not ${refused.join(", ")}`}`;
}

const INVITE = "INVITE sip:user@example.com";
const OPTIONS = "OPTIONS sip:user@example.com";
const REGISTER = "REGISTER sip:example.com";
const ODD_URI =
  "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com";

/** Start line, length of the body, and the headers that are refused when they are read. */
const READ: Readonly<Record<string, string>> = {
  // 3.1.1: valid.
  wsinv: "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam | 150",
  intmeth: `!interesting-Method0123456789_*+\`.%indeed'~ ${ODD_URI} | 0`,
  esc01: "INVITE sip:sips%3Auser%40example.com@example.net | 150",
  escnull: `${REGISTER} | 0`,
  esc02: "RE%47IST%45R sip:registrar.example.com | 0",
  lwsdisp: `${OPTIONS} | 0`,
  longreq: `${INVITE} | 150`,
  dblreq: `${REGISTER} | 0`,
  semiuri: "OPTIONS sip:user;par=u%40example.net@example.com | 0",
  transports: `${OPTIONS} | 0`,
  mpart01: "MESSAGE sip:kumiko@example.org | 553",
  unreason: "200 = 2**3 * 5**2 но сто девяносто девять - простое | 154",
  noreason: "100  | 0",
  // 3.1.2: invalid, where the fault is in one header.
  badinv01: `${INVITE} | 152 | not via, contact`,
  scalar02: `${REGISTER} | 0 | not cseq`,
  scalarlg: "503 Service Unavailable | 0 | not cseq",
  quotbal: `${INVITE} | 152 | not to`,
  regbadct: `${REGISTER} | 0 | not contact`,
  // The same: taken, because the meaning is plain, or because this reader does not look there.
  escruri: "INVITE sip:user@example.com?Route=%3Csip:example.com%3E | 150",
  baddate: `${INVITE} | 150`,
  badaspec: "OPTIONS sip:user@example.org | 0",
  mismatch01: `${OPTIONS} | 0`,
  mismatch02: "NEWMETHOD sip:user@example.com | 138",
  // 3.2 to 3.4: what a transaction, an application or an old stack makes of it is not the reader's.
  badbranch: `${OPTIONS} | 0`,
  insuf: `${INVITE} | 152`,
  unkscm: "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent | 0",
  novelsc: "OPTIONS soap.beep://192.0.2.103:3002 | 0",
  unksm2: `${REGISTER} | 0`,
  bext01: `${OPTIONS} | 0`,
  invut: `${INVITE} | 40`,
  regaut01: `${REGISTER} | 0`,
  multi01: "INVITE sip:user@company.com | 154 | not cseq",
  bcast: "200 OK | 154",
  zeromf: `${OPTIONS} | 0`,
  cparam01: `${REGISTER} | 0`,
  cparam02: `${REGISTER} | 0`,
  regescrt: `${REGISTER} | 0`,
  sdp01: `${INVITE} | 150`,
  inv2543: "INVITE sip:UserB@example.com | 105",
};

/** Messages that are refused whole, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  clerr: "truncated: a body of 9999 bytes",
  ncl: 'malformed: the Content-Length "-999"',
  ltgtruri: "malformed: no start line",
  lwsruri: "malformed: no start line",
  lwsstart: "malformed: no start line",
  trws: "malformed: no start line",
  badvers: "unsupported: SIP version 7.0",
  bigcode: "malformed: no start line",
  mcl01: "malformed: two different content-length",
  // Its bytes lack the empty line; with one its From is refused, below.
  baddn: "truncated: no empty line",
};

describe("RFC 4475", () => {
  it("has 49 messages, and each is here", () => {
    expect(Object.keys(READ).length + Object.keys(REFUSED).length).toBe(49);
  });

  it.each(Object.entries(READ))("%s is read", (name, expected) => {
    expect(summary(rfc4475(name))).toBe(expected);
  });

  it.each(Object.entries(REFUSED))("%s is refused", (name, expected) => {
    const error = wireErrorOf(() => decodeSip(rfc4475(name)));
    expect(`${error?.code}: ${error?.message}`).toContain(expected);
  });

  it("wsinv: folds, blanks, escapes, leading zeros, compact names and commas are undone", () => {
    const { headers } = decodeSip(rfc4475("wsinv"));
    expect(viasOf(headers)).toEqual([
      { transport: "UDP", host: "192.0.2.2", parameters: [{ name: "branch", value: "390skdjuw" }] },
      { transport: "TCP", host: "spindle.example.com", parameters: [{ name: "branch", value: "z9hG4bK9ikj8" }] },
      { transport: "UDP", host: "192.168.255.111", parameters: [{ name: "branch", value: "z9hG4bK30239" }] },
    ]);
    expect(decodeSipAddress(headerValue(headers, "from")!)).toEqual({
      displayName: 'J Rosenberg \\"',
      uri: "sip:jdrosen@example.com",
      parameters: [{ name: "tag", value: "98asjd8" }],
    });
    expect(decodeSipAddress(headerValue(headers, "contact")!).displayName).toBe('Quoted string ""');
    expect(decodeCseq(headerValue(headers, "cseq")!)).toEqual({ number: 9, method: "INVITE" });
    expect(headerValue(headers, "subject")).toBe("");
    expect(headerValue(headers, "newfangledheader")).toBe("newfangled value continued newfangled value");
    expect(headerValue(headers, "unknownheaderwithunusualvalue")).toBe(";;,,;;,;");
  });

  it("intmeth: every character that the grammar allows, NUL and Chinese among them", () => {
    const { headers } = decodeSip(rfc4475("intmeth"));
    expect(decodeSipAddress(headerValue(headers, "to")!).displayName).toBe("BEL:\x07 NUL:\0 DEL:\x7f");
    const from = decodeSipAddress(headerValue(headers, "from")!);
    expect(from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(parameterValue(from.parameters, "fromParam''~+*_!.-%")).toBe("работающий");
    expect(headerValue(headers, "extensionHeader-!.%*+_`'~")).toBe("\ufeff大停電");
  });

  it("esc02: a percent sign is one, also in a compact name", () => {
    const { headers } = decodeSip(rfc4475("esc02"));
    expect(headerList(headers, "contact").map((value) => decodeSipAddress(value).uri)).toEqual([
      "sip:alias1@host1.example.com",
      "sip:alias3@host3.example.com",
    ]);
  });

  it("transports: whatever carried it", () => {
    const vias = viasOf(decodeSip(rfc4475("transports")).headers);
    expect(vias.map(({ transport }) => transport)).toEqual(["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
  });

  it("dblreq: what follows a message in its datagram is left out", () => {
    const { headers, body } = decodeSip(rfc4475("dblreq"));
    expect([headerValue(headers, "call-id"), body.length]).toEqual(["dblreq.0ha0isndaksdj99sdfafnl3lk233412", 0]);
  });

  it("longreq: 34 hops, one name compact", () => {
    expect(viasOf(decodeSip(rfc4475("longreq")).headers)).toHaveLength(34);
  });

  it("cparam: parameters are the header's outside of brackets, and the URI's inside", () => {
    const contact = (name: string) => decodeSipAddress(headerValue(decodeSip(rfc4475(name)).headers, "contact")!);
    expect(contact("cparam01").parameters).toEqual([{ name: "unknownparam" }]);
    expect(contact("cparam02")).toMatchObject({ uri: expect.stringMatching(/;unknownparam$/), parameters: [] });
  });

  it("baddn: a name with a comma must be quoted", () => {
    const { headers } = decodeSip(Uint8Array.of(...rfc4475("baddn"), 13, 10));
    expect(wireErrorOf(() => decodeSipAddress(headerValue(headers, "from")!))?.code).toBe("malformed");
  });

  it("insuf: what is missing is undefined", () => {
    const { headers } = decodeSip(rfc4475("insuf"));
    expect(["call-id", "from", "to"].map((name) => headerValue(headers, name))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

const REGISTER_V6 = "REGISTER sip:[2001:db8::10] | 0";

const READ_V6: Readonly<Record<string, string>> = {
  "ipv6-good": REGISTER_V6,
  // A URI is text here, so the missing brackets are not noticed.
  "ipv6-bad": "REGISTER sip:2001:db8::10 | 0",
  "port-ambiguous": "REGISTER sip:[2001:db8::10:5070] | 0",
  "port-unambiguous": "REGISTER sip:[2001:db8::10]:5070 | 0",
  "via-received-param-with-delim": "BYE sip:[2001:db8::10] | 0",
  "via-received-param-no-delim": "OPTIONS sip:[2001:db8::10] | 0",
  "mult-ip-in-header": "BYE sip:user@host.example.net | 0",
  "mult-ip-in-sdp": "INVITE sip:user@[2001:db8::10] | 181",
  "ipv4-mapped-ipv6": "INVITE sip:user@example.com | 236",
  "ipv6-bug-abnf-3-colons": "OPTIONS sip:user@[2001:db8:::192.0.2.1] | 0",
  "ipv6-correct-abnf-2-colons": "OPTIONS sip:user@[2001:db8::192.0.2.1] | 0",
};

describe("RFC 5118", () => {
  it.each(Object.entries(READ_V6))("%s is read", (name, expected) => {
    expect(summary(rfc5118(name))).toBe(expected);
  });

  it("ipv6-in-sdp announces 268 bytes, has fewer, and so is refused", () => {
    expect(wireErrorOf(() => decodeSip(rfc5118("ipv6-in-sdp")))?.code).toBe("truncated");
  });

  it("hops are read without the brackets, with their port", () => {
    const { headers } = decodeSip(rfc5118("mult-ip-in-header"));
    expect(viasOf(headers).map(({ transport, host, port }) => [transport, host, port])).toEqual([
      ["UDP", "2001:db8::9:1", 6050],
      ["UDP", "192.0.2.1", undefined],
      ["TCP", "2001:db8::9:255", undefined],
    ]);
    expect(viasOf(decodeSip(rfc5118("ipv4-mapped-ipv6")).headers)[0]).toMatchObject({
      host: "::ffff:192.0.2.10",
      port: 19_823,
    });
  });

  it.each([
    ["with", "[2001:db8::9:255]"],
    ["no", "2001:db8::9:255"],
  ])("received %s brackets is taken as it stands", (which, received) => {
    const [via] = viasOf(decodeSip(rfc5118(`via-received-param-${which}-delim`)).headers);
    expect(parameterValue(via!.parameters, "received")).toBe(received);
  });

  it("bare line feeds are taken too, as the archive has them", () => {
    expect(decodeSip(fixture("sip-rfc5118/ipv6-good.hex"))).toEqual(decodeSip(rfc5118("ipv6-good")));
  });
});

describe("torture messages", () => {
  const read = (bytes: Uint8Array) => {
    const message = decodeSip(bytes);
    for (const reader of Object.values(READERS)) reader(message);
  };

  it.each(["wsinv", "intmeth", "esc02", "transports", "noreason"])("%s changed is read, or a WireError", (name) => {
    expectOnlyWireErrors(read, rfc4475(name));
  });
});
