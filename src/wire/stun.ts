/**
 * STUN messages (RFC 8489 sections 5 and 14), which TURN (RFC 8656) and MS-TURN use too. RFC 3489 has the same header,
 * with one transaction id of 128 bits where there now are a fixed cookie and 96 bits: here both are the one `id`.
 * What the attributes mean is in `stun-attributes.ts`.
 */
import { Reader, WireError, Writer } from "./bytes.ts";
import { crc32 } from "./crc32.ts";

/** The first four bytes of every id since RFC 5389. */
export const MAGIC_COOKIE = 0x2112_a442;

export const STUN_HEADER_BYTES = 20;
export const STUN_ID_BYTES = 16;

/** RFC 8489 section 18.2, RFC 8656 section 17. */
export const STUN_METHOD = { binding: 0x001, allocate: 0x003, refresh: 0x004 } as const;

/** RFC 8489 section 18.3, RFC 8656 section 18, RFC 5780 section 7, RFC 3489 section 11.2, MS-TURN section 2.2.2. */
export const STUN_ATTRIBUTE = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  msMagicCookie: 0x000f,
  realm: 0x0014,
  nonce: 0x0015,
  /** MS-TURN section 2.2.2 has the two the other way round, as the drafts of TURN had. */
  msNonce: 0x0014,
  msRealm: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  /** The number of XOR-MAPPED-ADDRESS in the drafts before RFC 5389, and in MS-TURN section 2.2.2.16. */
  oldXorMappedAddress: 0x8020,
  software: 0x8022,
  fingerprint: 0x8028,
  responseOrigin: 0x802b,
  otherAddress: 0x802c,
} as const;

export type StunClass = "request" | "indication" | "success" | "error";

export interface StunAttribute {
  readonly type: number;
  /** Without the padding behind it. */
  readonly value: Uint8Array;
}

export interface StunMessage {
  readonly class: StunClass;
  /** From 0 to 0xFFF; see `STUN_METHOD`. */
  readonly method: number;
  /** 16 bytes: cookie and transaction id, or the one long id of RFC 3489. */
  readonly id: Uint8Array;
  readonly attributes: readonly StunAttribute[];
}

/** In the order of the two class bits. */
const CLASSES: readonly StunClass[] = ["request", "indication", "success", "error"];
const METHOD_MAX = 0xfff;
/** More than any message has. */
const ATTRIBUTES_MAX = 64;
const FINGERPRINT_XOR = 0x5354_554e;
const FINGERPRINT_BYTES = 8;

/** Whether the id begins with the cookie, so that the message keeps the rules of RFC 5389 and later. */
export function hasMagicCookie(id: Uint8Array): boolean {
  return new Reader(id).u32("be") === MAGIC_COOKIE;
}

/** Writes a message, each value padded to four bytes; with `fingerprint`, that attribute is computed and put last. */
export function encodeStun(message: StunMessage, { fingerprint = false } = {}): Uint8Array {
  const writer = new Writer();
  const { method, id } = message;
  if (id.length !== STUN_ID_BYTES) throw writer.unencodable(`an id of ${id.length} bytes`);
  if (!Number.isInteger(method) || method < 0 || method > METHOD_MAX) throw writer.unencodable(`the method ${method}`);
  writer.u16(stunTypeOf(message), "be").u16(0, "be").bytes(id);
  for (const { type, value } of message.attributes) {
    writer.u16(type, "be").u16(value.length, "be").bytes(value).align(4);
  }
  const bodyBytes = writer.length - STUN_HEADER_BYTES + (fingerprint ? FINGERPRINT_BYTES : 0);
  writer.patchU16(2, bodyBytes, "be");
  if (!fingerprint) return writer.finish();
  const sum = fingerprintOf(writer.finish());
  writer.u16(STUN_ATTRIBUTE.fingerprint, "be").u16(4, "be").u32(sum, "be");
  return writer.finish();
}

/**
 * Reads one message that fills the bytes. A FINGERPRINT must stand last and be right. Messages without the cookie may
 * leave their values unpadded: RFC 3489 wants lengths that are multiples of four, and older peers keep neither rule.
 */
export function decodeStun(bytes: Uint8Array): StunMessage {
  const reader = new Reader(bytes);
  const type = reader.u16("be");
  if (type > 0x3fff) throw new WireError("malformed", "the first two bits are not zero", 0);
  const bodyBytes = reader.u16("be");
  const id = reader.bytes(STUN_ID_BYTES);
  const cookie = hasMagicCookie(id);
  if (cookie && bodyBytes % 4 !== 0) throw new WireError("malformed", `a length of ${bodyBytes} bytes`, 2);
  const bodyAt = reader.offset;
  reader.sub(bodyBytes);
  reader.expectEnd("the message");
  const attributes = cookie ? readAttributes(bytes, bodyAt, 4) : readOldAttributes(bytes, bodyAt);
  return { class: CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)]!, method: methodOf(type), id, attributes };
}

/** Length of the message at the head of a stream, which has no other frame; undefined while it cannot be known. */
export function stunFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length < 4) return undefined;
  const reader = new Reader(buffered);
  if (reader.u16("be") > 0x3fff) throw new WireError("malformed", "the first two bits are not zero", 0);
  return STUN_HEADER_BYTES + reader.u16("be");
}

/** The first attribute of the type; later ones do not count (RFC 8489 section 14). */
export function findAttribute({ attributes }: StunMessage, type: number): StunAttribute | undefined {
  return attributes.find((attribute) => attribute.type === type);
}

/** The first field of a message: the bits of the method lie around those of the class, MMMMM C MMM C MMMM. */
export function stunTypeOf({ class: name, method }: Pick<StunMessage, "class" | "method">): number {
  const bits = CLASSES.indexOf(name);
  return ((method & 0xf80) << 2) | ((method & 0x070) << 1) | (method & 0x00f) | ((bits & 2) << 7) | ((bits & 1) << 4);
}

function methodOf(type: number): number {
  return ((type >> 2) & 0xf80) | ((type >> 1) & 0x070) | (type & 0x00f);
}

/** Padded as most do it, else the values end to end. */
function readOldAttributes(bytes: Uint8Array, at: number): readonly StunAttribute[] {
  try {
    return readAttributes(bytes, at, 4);
  } catch (error) {
    if (!(error instanceof WireError) || error.code !== "truncated") throw error;
    return readAttributes(bytes, at, 1);
  }
}

function readAttributes(bytes: Uint8Array, bodyAt: number, padding: 1 | 4): readonly StunAttribute[] {
  const reader = new Reader(bytes, bodyAt);
  const attributes: StunAttribute[] = [];
  while (reader.remaining > 0) {
    if (attributes.length === ATTRIBUTES_MAX) throw reader.error("limit", `more than ${ATTRIBUTES_MAX} attributes`);
    const at = reader.offset;
    const type = reader.u16("be");
    const value = reader.bytes(reader.u16("be"));
    reader.align(padding);
    if (type === STUN_ATTRIBUTE.fingerprint) checkFingerprint(bytes, at, reader, value);
    attributes.push({ type, value });
  }
  return attributes;
}

/** RFC 8489 section 14.7. */
function checkFingerprint(bytes: Uint8Array, at: number, after: Reader, value: Uint8Array): void {
  after.expectEnd("the fingerprint");
  const fields = new Reader(value);
  if (fields.u32("be") !== fingerprintOf(bytes.subarray(0, at))) {
    throw new WireError("malformed", "the fingerprint does not fit", at);
  }
  fields.expectEnd("the fingerprint");
}

function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_XOR) >>> 0;
}
