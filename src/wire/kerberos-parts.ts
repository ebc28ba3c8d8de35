/**
 * What Kerberos messages are made of (RFC 4120 section 5.2): explicitly tagged fields, texts, times, principal names,
 * encrypted data, tickets. Cipher text is carried and never opened.
 */
import {
  applicationTag,
  childAt,
  contextTag,
  decodeInteger,
  decodeOctets,
  decodeText,
  type Element,
  elementError,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeSequence,
  expectTag,
  findChild,
  TAG,
} from "./ber.ts";
import { WireError } from "./bytes.ts";

/** The only version of the protocol in use. */
const PROTOCOL_VERSION = 5;

/** The universal types that Kerberos has beside those of `TAG`. */
const GENERALIZED_TIME = 0x18;
const GENERAL_STRING = 0x1b;

const TICKET = applicationTag(1);

/** The years 0000 to 9999, which are what fits: seconds since 1970 UTC. */
const EARLIEST_S = -62_167_219_200;
const LATEST_S = 253_402_300_799;

/** How a name is to be understood (section 6.2); it is a hint only. */
export const NAME_TYPE = { principal: 1, serviceInstance: 2 } as const;

/** A name within a realm: `administrator`, or in two parts `krbtgt/EXAMPLE.COM`. */
export interface PrincipalName {
  /** See `NAME_TYPE`. */
  readonly type: number;
  readonly parts: readonly string[];
}

/** Cipher text; a key's version number is passed over. */
export interface EncryptedData {
  readonly encryptionType: number;
  readonly cipher: Uint8Array;
}

export interface Ticket {
  readonly realm: string;
  readonly server: PrincipalName;
  readonly encrypted: EncryptedData;
}

/** `krbtgt/EXAMPLE.COM`. */
export function formatPrincipal(name: PrincipalName): string {
  return name.parts.join("/");
}

/** The field [number] with one element inside. */
export function encodeField(number: number, element: Uint8Array): Uint8Array {
  return encodeElement(contextTag(number, "constructed"), element);
}

/** The element inside the field [number], which must be there. */
export function fieldOf(sequence: Element, number: number): Element {
  const element = optionalField(sequence, number);
  if (element === undefined) throw elementError(sequence, `the field [${number}] is missing`);
  return element;
}

/** The element inside the field [number], or undefined where there is none. */
export function optionalField(sequence: Element, number: number): Element | undefined {
  const field = findChild(sequence, contextTag(number, "constructed"));
  return field && childAt(field, 0);
}

/** The two fields that begin every message but stand at different numbers: pvno and msg-type. */
export function encodeHead(firstField: number, messageType: number): readonly Uint8Array[] {
  return [
    encodeField(firstField, encodeInteger(PROTOCOL_VERSION)),
    encodeField(firstField + 1, encodeInteger(messageType)),
  ];
}

/** Throws unless the message has the protocol's version and is what its tag says. */
export function expectHead(message: Element, firstField: number, messageType: number): void {
  expectNumber(fieldOf(message, firstField), PROTOCOL_VERSION, "protocol version");
  expectNumber(fieldOf(message, firstField + 1), messageType, "message type");
}

function expectNumber(element: Element, expected: number, what: string): void {
  const number = decodeInteger(element);
  if (number !== expected) throw elementError(element, `${what} ${number} where ${expected} belongs`);
}

/** A KerberosString: UTF-8, as Windows writes it, of which the ASCII of section 5.2.1 is a part. */
export function encodeString(text: string): Uint8Array {
  return encodeOctets(text, GENERAL_STRING);
}

/** What is not UTF-8 becomes U+FFFD. */
export function decodeString(element: Element): string {
  return decodeText(element, GENERAL_STRING);
}

/** A KerberosTime, whole seconds since 1970 UTC, for instance `20261121063351Z` (section 5.2.3). */
export function encodeTime(unixS: number): Uint8Array {
  if (!Number.isInteger(unixS) || unixS < EARLIEST_S || unixS > LATEST_S) {
    throw new WireError("unencodable", `cannot write ${unixS} as a time`, 0);
  }
  return encodeOctets(timeText(unixS), GENERALIZED_TIME);
}

export function decodeTime(element: Element): number {
  const text = decodeText(element, GENERALIZED_TIME);
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) throw elementError(element, "a time that is not YYYYMMDDhhmmssZ");
  const [, year, month, day, hour, minute, second] = parts;
  const unixS = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  // Date.parse moves 30 February to March; such a time is none.
  if (Number.isNaN(unixS) || timeText(unixS) !== text) throw elementError(element, "a time that no calendar has");
  return unixS;
}

function timeText(unixS: number): string {
  return `${new Date(unixS * 1000).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}

export function encodePrincipal(name: PrincipalName): Uint8Array {
  return encodeSequence(
    encodeField(0, encodeInteger(name.type)),
    encodeField(1, encodeSequence(...name.parts.map(encodeString))),
  );
}

export function decodePrincipal(element: Element): PrincipalName {
  const sequence = expectTag(element, TAG.sequence);
  const parts = expectTag(fieldOf(sequence, 1), TAG.sequence);
  return { type: decodeInteger(fieldOf(sequence, 0)), parts: parts.children.map(decodeString) };
}

export function encodeEncrypted(data: EncryptedData): Uint8Array {
  return encodeSequence(encodeField(0, encodeInteger(data.encryptionType)), encodeField(2, encodeOctets(data.cipher)));
}

export function decodeEncrypted(element: Element): EncryptedData {
  const sequence = expectTag(element, TAG.sequence);
  return { encryptionType: decodeInteger(fieldOf(sequence, 0)), cipher: decodeOctets(fieldOf(sequence, 2)) };
}

export function encodeTicket(ticket: Ticket): Uint8Array {
  const sequence = encodeSequence(
    encodeField(0, encodeInteger(PROTOCOL_VERSION)),
    encodeField(1, encodeString(ticket.realm)),
    encodeField(2, encodePrincipal(ticket.server)),
    encodeField(3, encodeEncrypted(ticket.encrypted)),
  );
  return encodeElement(TICKET, sequence);
}

export function decodeTicket(element: Element): Ticket {
  const sequence = childAt(expectTag(element, TICKET), 0, TAG.sequence);
  expectNumber(fieldOf(sequence, 0), PROTOCOL_VERSION, "ticket version");
  return {
    realm: decodeString(fieldOf(sequence, 1)),
    server: decodePrincipal(fieldOf(sequence, 2)),
    encrypted: decodeEncrypted(fieldOf(sequence, 3)),
  };
}
