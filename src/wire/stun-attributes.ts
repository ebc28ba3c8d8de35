/** What STUN attributes say: addresses, errors, texts and numbers (RFC 8489 section 14, RFC 8656 section 18). */
import { Reader, WireError, Writer } from "./bytes.ts";
import { decodeIpv4, encodeIpv4 } from "./ipv4.ts";
import { decodeIpv6, encodeIpv6 } from "./ipv6.ts";
import { findAttribute, STUN_ATTRIBUTE, type StunAttribute, type StunMessage } from "./stun.ts";

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** An ERROR-CODE. */
export interface StunError {
  /** From 100 to 699. */
  readonly code: number;
  /** The server's own words; may be empty. */
  readonly reason: string;
}

const FAMILY = { ipv4: 1, ipv6: 2 } as const;

/** What XOR-ed addresses are taken for in the types of `STUN_ATTRIBUTE`. */
const XORED: ReadonlySet<number> = new Set([
  STUN_ATTRIBUTE.xorMappedAddress,
  STUN_ATTRIBUTE.oldXorMappedAddress,
  STUN_ATTRIBUTE.xorRelayedAddress,
]);

/**
 * The address in the first attribute of the type, or undefined when there is none. The XOR-ed forms are undone with the
 * first bytes of the id: since RFC 5389 those are the cookie, and in the drafts before it the id itself.
 */
export function addressOf(message: StunMessage, type: number): StunAddress | undefined {
  const attribute = findAttribute(message, type);
  if (attribute === undefined) return undefined;
  const reader = new Reader(unmasked(attribute, message.id));
  reader.skip(1);
  const family = reader.u8();
  const port = reader.u16("be");
  if (family !== FAMILY.ipv4 && family !== FAMILY.ipv6) throw reader.error("malformed", `address family ${family}`);
  const address = family === FAMILY.ipv4 ? decodeIpv4(reader) : decodeIpv6(reader);
  reader.expectEnd("the address");
  return { address, port };
}

/** An address attribute; the id is that of its message. */
export function addressAttribute(type: number, { address, port }: StunAddress, id: Uint8Array): StunAttribute {
  const writer = new Writer();
  const ipv6 = address.includes(":");
  writer
    .u8(0)
    .u8(ipv6 ? FAMILY.ipv6 : FAMILY.ipv4)
    .u16(port, "be");
  if (ipv6) encodeIpv6(writer, address);
  else encodeIpv4(writer, address);
  return { type, value: unmasked({ type, value: writer.finish() }, id) };
}

/** Port and address XOR-ed with the id, each from its beginning; the same again undoes it. */
function unmasked({ type, value }: StunAttribute, id: Uint8Array): Uint8Array {
  if (!XORED.has(type)) return value;
  return value.map((byte, at) => (at < 2 ? byte : byte ^ id[at < 4 ? at - 2 : (at - 4) % id.length]!));
}

/** The ERROR-CODE, or undefined when there is none (RFC 8489 section 14.8). */
export function errorOf(message: StunMessage): StunError | undefined {
  const attribute = findAttribute(message, STUN_ATTRIBUTE.errorCode);
  if (attribute === undefined) return undefined;
  const reader = new Reader(attribute.value);
  reader.skip(2);
  const hundreds = reader.u8() & 7;
  const number = reader.u8();
  if (hundreds < 1 || hundreds > 6 || number > 99) {
    throw new WireError("malformed", `error class ${hundreds}, number ${number}`, 2);
  }
  // RFC 3489 fills the phrase up with spaces, and some fill it with zeros.
  const reason = reader.utf8(reader.remaining).replace(/[\0 ]+$/, "");
  return { code: 100 * hundreds + number, reason };
}

export function errorAttribute({ code, reason }: StunError): StunAttribute {
  const writer = new Writer();
  if (!Number.isInteger(code) || code < 100 || code > 699) throw writer.unencodable(`the error ${code}`);
  writer
    .u16(0, "be")
    .u8(Math.floor(code / 100))
    .u8(code % 100)
    .utf8(reason);
  return { type: STUN_ATTRIBUTE.errorCode, value: writer.finish() };
}

/** The text of REALM, NONCE or SOFTWARE, or undefined when there is none. */
export function textOf(message: StunMessage, type: number): string | undefined {
  const attribute = findAttribute(message, type);
  return attribute && new Reader(attribute.value).utf8(attribute.value.length);
}

export function textAttribute(type: number, text: string): StunAttribute {
  return { type, value: new Writer().utf8(text).finish() };
}

/** The number in an attribute of four bytes, for instance LIFETIME in seconds, or undefined when there is none. */
export function numberOf(message: StunMessage, type: number): number | undefined {
  const attribute = findAttribute(message, type);
  if (attribute === undefined) return undefined;
  const reader = new Reader(attribute.value);
  const number = reader.u32("be");
  reader.expectEnd("the number");
  return number;
}

export function numberAttribute(type: number, number: number): StunAttribute {
  return { type, value: new Writer().u32(number, "be").finish() };
}
