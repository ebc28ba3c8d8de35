/**
 * Which encryption types a key distribution centre offers with "pre-authentication required": the METHOD-DATA of that
 * error (RFC 4120 sections 5.2.7 and 5.9.1). It is read only, and only for this: the salts beside the types help to
 * guess a password and are not given out.
 */
import { decodeElement, decodeInteger, decodeOctets, type Element, expectTag, TAG } from "./ber.ts";
import { Reader } from "./bytes.ts";
import { fieldOf } from "./kerberos-parts.ts";

/** PA-ETYPE-INFO, and PA-ETYPE-INFO2 that took its place; both begin each entry with the type. */
const ENTRIES_OF_TYPES = [11, 19];

/** The encryption types that METHOD-DATA offers, by number, best first, each once; none where it says nothing of them. */
export function offeredEncryptionTypes(methodData: Uint8Array): readonly number[] {
  const types = decodeSequence(methodData)
    .children.filter((entry) => ENTRIES_OF_TYPES.includes(decodeInteger(fieldOf(entry, 1))))
    .flatMap((entry) => decodeSequence(decodeOctets(fieldOf(entry, 2))).children)
    .map((entry) => decodeInteger(fieldOf(entry, 0)));
  return [...new Set(types)];
}

/** Exactly one sequence. */
function decodeSequence(bytes: Uint8Array): Element {
  const reader = new Reader(bytes);
  const sequence = expectTag(decodeElement(reader), TAG.sequence);
  reader.expectEnd("the sequence");
  return sequence;
}

/** The name of an encryption type, for instance `aes256-cts-hmac-sha1-96`, or `type <number>` for a rare one. */
export function encryptionTypeName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}

/** RFC 3961, RFC 3962, RFC 8009, RFC 4757, RFC 6803. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, "des-cbc-crc"],
  [2, "des-cbc-md4"],
  [3, "des-cbc-md5"],
  [16, "des3-cbc-sha1-kd"],
  [17, "aes128-cts-hmac-sha1-96"],
  [18, "aes256-cts-hmac-sha1-96"],
  [19, "aes128-cts-hmac-sha256-128"],
  [20, "aes256-cts-hmac-sha384-192"],
  [23, "rc4-hmac"],
  [24, "rc4-hmac-exp"],
  [25, "camellia128-cts-cmac"],
  [26, "camellia256-cts-cmac"],
]);
