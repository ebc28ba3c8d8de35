/** Headers of a SIP message by name, and those whose values every message is known by (RFC 3261 section 20). */
import { WireError } from "./bytes.ts";
import { isSipToken, splitSipList } from "./sip-text.ts";

/** As written: the name may be compact, and the value has its folds undone and no blanks around it. */
export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

/** Section 7.3.3 and the registry of compact forms that RFC 3261 began. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** The name in lower case, a compact one in full: names have no case. */
export function fullHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return Object.hasOwn(FULL_NAMES, lower) ? FULL_NAMES[lower]! : lower;
}

/** The values of all headers of this name, in their order. */
export function headerValues(headers: readonly SipHeader[], name: string): readonly string[] {
  const wanted = fullHeaderName(name);
  return headers.filter((header) => fullHeaderName(header.name) === wanted).map(({ value }) => value);
}

/** The value of a header that stands once; undefined where there is none, `malformed` where two say different things. */
export function headerValue(headers: readonly SipHeader[], name: string): string | undefined {
  const [first, ...rest] = headerValues(headers, name);
  if (rest.some((value) => value !== first)) throw new WireError("malformed", `two different ${name} headers`, 0);
  return first;
}

/** The elements of a header that is a list: written in one line, or in many (section 7.3.1). */
export function headerList(headers: readonly SipHeader[], name: string): readonly string[] {
  return headerValues(headers, name)
    .flatMap((value) => splitSipList(value))
    .filter((element) => element !== "");
}

/** More than a message may be long. */
const LENGTH_DIGITS = 6;

/** The length of the body in bytes (section 20.14); undefined where no header says it. */
export function contentLengthOf(headers: readonly SipHeader[]): number | undefined {
  const value = headerValue(headers, "content-length");
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new WireError("malformed", `the Content-Length ${JSON.stringify(value)}`, 0);
  const digits = value.replace(/^0+(?=\d)/, "");
  if (digits.length > LENGTH_DIGITS) throw new WireError("limit", `a body of ${digits} bytes`, 0);
  return Number(digits);
}

/** Ties a response to its request within a Call-ID. */
export interface SipCseq {
  /** 0 to 2^31 - 1. */
  readonly number: number;
  readonly method: string;
}

/** The value of a CSeq header (section 20.16). */
export function decodeCseq(value: string): SipCseq {
  const [, digits = "", method = ""] = /^0*(\d{1,10})[ \t]+(\S+)$/.exec(value) ?? [];
  const number = Number(digits);
  if (digits === "" || number >= 2 ** 31 || !isSipToken(method)) {
    throw new WireError("malformed", `the CSeq ${JSON.stringify(value)}`, 0);
  }
  return { number, method };
}
