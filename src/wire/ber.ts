/**
 * BER and DER elements (X.690 section 8 and 10): the part that LDAP, Kerberos, SNMP and SPNEGO share. Reading takes
 * definite lengths in any form, because Active Directory answers with `30 84 00 00 00 xx`; writing gives DER's
 * shortest. A whole element is read into a tree at the door, so that a codec on top only picks from it. Indefinite
 * lengths and tag numbers above 30 occur in none of these protocols and are refused.
 */
import { Reader, utf8Bytes, utf8Text, WireError, Writer } from "./bytes.ts";

/** Elements nest at most this deep. */
export const MAX_DEPTH = 16;

const CONSTRUCTED = 0x20;

/** Identifier octets of the universal types in use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of [APPLICATION number], 0-30; constructed unless said otherwise. */
export function applicationTag(number: number, form: "constructed" | "primitive" = "constructed"): number {
  return 0x40 | number | (form === "constructed" ? CONSTRUCTED : 0);
}

/** The identifier octet of the context-specific [number], 0-30; primitive unless said otherwise. */
export function contextTag(number: number, form: "constructed" | "primitive" = "primitive"): number {
  return 0x80 | number | (form === "constructed" ? CONSTRUCTED : 0);
}

/** One element as read. */
export interface Element {
  /** The identifier octet: class, form and number. */
  readonly tag: number;
  /** Where the element begins in the outermost buffer. */
  readonly offset: number;
  /** The contents octets of a primitive element, as a view; empty for a constructed one. */
  readonly contents: Uint8Array;
  /** The elements inside a constructed element; empty for a primitive one. */
  readonly children: readonly Element[];
}

/** Reads the next element and all elements inside it, at most `MAX_DEPTH` deep. */
export function decodeElement(reader: Reader, depth = 1): Element {
  const offset = reader.offset;
  if (depth > MAX_DEPTH) throw reader.error("limit", `elements nested deeper than ${MAX_DEPTH}`);
  const { tag, length } = decodeHeader(reader);
  if ((tag & CONSTRUCTED) === 0) return { tag, offset, contents: reader.bytes(length), children: [] };
  const inside = reader.sub(length);
  const children: Element[] = [];
  while (inside.remaining > 0) children.push(decodeElement(inside, depth + 1));
  return { tag, offset, contents: new Uint8Array(), children };
}

/** Length of the whole element at the head of a buffer, or undefined while too few bytes are there to know. */
export function elementLength(buffered: Uint8Array): number | undefined {
  const reader = new Reader(buffered);
  try {
    const { length } = decodeHeader(reader);
    return reader.offset + length;
  } catch (error) {
    if (error instanceof WireError && error.code === "truncated") return undefined;
    throw error;
  }
}

function decodeHeader(reader: Reader): { readonly tag: number; readonly length: number } {
  const tag = reader.u8();
  if ((tag & 0x1f) === 0x1f) throw reader.error("unsupported", "a tag number above 30");
  const first = reader.u8();
  if (first < 0x80) return { tag, length: first };
  const octets = first & 0x7f;
  if (octets === 0) throw reader.error("unsupported", "an indefinite length");
  if (octets > 4) throw reader.error("limit", `a length of ${octets} octets`);
  let length = 0;
  for (let index = 0; index < octets; index++) length = length * 256 + reader.u8();
  return { tag, length };
}

/** A WireError at the place of an element. */
export function elementError(element: Element, message: string): WireError {
  return new WireError("malformed", message, element.offset);
}

/** The element itself, if it has this tag. */
export function expectTag(element: Element, tag: number): Element {
  if (element.tag === tag) return element;
  throw elementError(element, `tag 0x${hexOctet(element.tag)} where 0x${hexOctet(tag)} belongs`);
}

/** The child at a place, 0 for the first; it must be there and, where a tag is given, have that tag. */
export function childAt(parent: Element, index: number, tag?: number): Element {
  const child = parent.children[index];
  if (child === undefined) throw elementError(parent, `element ${index + 1} is missing`);
  return tag === undefined ? child : expectTag(child, tag);
}

/** The first child with this tag, for optional fields. */
export function findChild(parent: Element, tag: number): Element | undefined {
  return parent.children.find((child) => child.tag === tag);
}

/** A whole number of at most 48 bits, signed. */
export function decodeInteger(element: Element, tag: number = TAG.integer): number {
  const { contents } = expectTag(element, tag);
  if (contents.length === 0) throw elementError(element, "a number without octets");
  if (contents.length > 6) throw new WireError("limit", "a number above 48 bits", element.offset);
  let value = contents[0]! >= 0x80 ? -1 : 0;
  for (const octet of contents) value = value * 256 + octet;
  return value;
}

/** True for any octet but zero, as BER has it. */
export function decodeBoolean(element: Element, tag: number = TAG.boolean): boolean {
  const { contents } = expectTag(element, tag);
  if (contents.length !== 1) throw elementError(element, `a truth value of ${contents.length} octets`);
  return contents[0] !== 0;
}

export function decodeOctets(element: Element, tag: number = TAG.octetString): Uint8Array {
  return expectTag(element, tag).contents;
}

/** Octets as text; what is not UTF-8 becomes U+FFFD. */
export function decodeText(element: Element, tag: number = TAG.octetString): string {
  return utf8Text(decodeOctets(element, tag));
}

/** An object identifier in dotted form; arcs up to 2^32 - 1. */
export function decodeOid(element: Element, tag: number = TAG.oid): string {
  const { contents } = expectTag(element, tag);
  const arcs: number[] = [];
  let arc = 0;
  let open = false;
  for (const octet of contents) {
    if (!open && octet === 0x80) throw elementError(element, "an object identifier with a padded arc");
    arc = arc * 128 + (octet & 0x7f);
    if (arc > 0xffff_ffff + 80)
      throw new WireError("limit", "an object identifier's arc above 32 bits", element.offset);
    open = octet >= 0x80;
    if (open) continue;
    // The first two arcs share a number: 40 times 0, 1 or 2, plus the second.
    const first = Math.min(2, Math.floor(arc / 40));
    arcs.push(...(arcs.length === 0 ? [first, arc - 40 * first] : [arc]));
    arc = 0;
  }
  if (open || arcs.length === 0) throw elementError(element, "an object identifier that does not end");
  return arcs.join(".");
}

/** An element with the given contents; the length in DER's shortest form. */
export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const writer = new Writer().u8(tag);
  if (length < 0x80) writer.u8(length);
  else if (length <= 0xff) writer.u8(0x81).u8(length);
  else if (length <= 0xffff) writer.u8(0x82).u16(length, "be");
  else writer.u8(0x84).u32(length, "be");
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

export function encodeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeElement(TAG.sequence, ...parts);
}

export function encodeSet(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeElement(TAG.set, ...parts);
}

/** A whole number of at most 48 bits, signed. */
export function encodeInteger(value: number, tag: number = TAG.integer): Uint8Array {
  if (!Number.isInteger(value) || value < -(2 ** 47) || value >= 2 ** 47) {
    throw new WireError("unencodable", `cannot write ${value} as a whole number of 48 bits`, 0);
  }
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(rest & 0xff);
    rest = Math.floor(rest / 256);
    // The sign is the highest bit of the first octet, so it must agree with what is left.
  } while (rest !== (octets[0]! >= 0x80 ? -1 : 0));
  return encodeElement(tag, Uint8Array.from(octets));
}

export function encodeBoolean(value: boolean, tag: number = TAG.boolean): Uint8Array {
  return encodeElement(tag, Uint8Array.of(value ? 0xff : 0));
}

/** Octets, or a text in UTF-8. */
export function encodeOctets(value: Uint8Array | string, tag: number = TAG.octetString): Uint8Array {
  return encodeElement(tag, typeof value === "string" ? utf8Bytes(value) : value);
}

/** An object identifier given in dotted form; arcs up to 2^32 - 1. */
export function encodeOid(dotted: string, tag: number = TAG.oid): Uint8Array {
  const arcs = dotted.split(".").map(Number);
  const [first = -1, second = -1, ...others] = arcs;
  const valid = arcs.every((arc) => Number.isInteger(arc) && arc >= 0 && arc <= 0xffff_ffff);
  if (!/^[0-9]+(\.[0-9]+)+$/.test(dotted) || !valid || first > 2 || (first < 2 && second > 39)) {
    throw new WireError("unencodable", `cannot write ${JSON.stringify(dotted)} as an object identifier`, 0);
  }
  return encodeElement(tag, ...[first * 40 + second, ...others].map(base128));
}

/** Seven bits an octet, the high bit set on all but the last. */
function base128(value: number): Uint8Array {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return Uint8Array.from(octets);
}

function hexOctet(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}
