/**
 * Kerberos messages (RFC 4120): the request for a first ticket without pre-authentication (AS-REQ, section 5.4.1), what
 * a key distribution centre says to it (KRB-ERROR, section 5.9.1, or AS-REP, section 5.4.2), and the AP-REQ (section
 * 5.5.1) that the change-password service is asked with. Of an AS-REP only whom it is for is read: the rest could be
 * used to guess a password, and nobody here needs it.
 */
import {
  applicationTag,
  childAt,
  decodeElement,
  decodeInteger,
  decodeOctets,
  type Element,
  elementError,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeSequence,
  expectTag,
  TAG,
} from "./ber.ts";
import { Reader, WireError } from "./bytes.ts";
import {
  decodeEncrypted,
  decodePrincipal,
  decodeString,
  decodeTicket,
  decodeTime,
  type EncryptedData,
  encodeEncrypted,
  encodeField,
  encodeHead,
  encodePrincipal,
  encodeString,
  encodeTicket,
  encodeTime,
  expectHead,
  fieldOf,
  NAME_TYPE,
  optionalField,
  type PrincipalName,
  type Ticket,
} from "./kerberos-parts.ts";

/** The tag of a message is [APPLICATION number], and the number stands again inside as msg-type. */
const AS_REQUEST = 10;
const AS_REPLY = 11;
const AP_REQUEST = 14;
const KRB_ERROR = 30;

const BIT_STRING = 0x03;

/** 32 option bits, all off; the first octet says that none of the last octet's bits is unused. */
const NO_OPTIONS = encodeElement(BIT_STRING, new Uint8Array(5));

/** 2037-09-13 02:48:05 UTC, what clients write who want all the time that they can get. */
const FAR_FUTURE_S = 2_136_422_885;

/** AES with 256 and 128 bits, RC4: what domain controllers of all ages have. */
const USUAL_ENCRYPTION_TYPES = [18, 17, 23];

const MICROSECONDS_PER_S = 1_000_000;

export interface AsRequest {
  readonly client: PrincipalName;
  readonly realm: string;
  readonly server: PrincipalName;
  /** Until when the ticket is wanted, in seconds since 1970 UTC. */
  readonly tillS: number;
  /** 0 to 2^32 - 1; Windows and older MIT libraries want 31 bits. */
  readonly nonce: number;
  /** Numbers as in RFC 3961, best first. */
  readonly encryptionTypes: readonly number[];
}

export interface KrbError {
  readonly type: "krbError";
  /** The server's clock: seconds since 1970 UTC, and the microseconds of that second. */
  readonly serverTimeS: number;
  readonly serverMicroseconds: number;
  /** See `krbErrorName`. */
  readonly code: number;
  /** Whom the request named, where the server says it again. */
  readonly clientRealm?: string;
  readonly client?: PrincipalName;
  readonly realm: string;
  readonly server: PrincipalName;
  readonly text?: string;
  /** Its format depends on code and service. */
  readonly data?: Uint8Array;
}

/** A ticket was given, to this client. */
export interface AsReply {
  readonly type: "asReply";
  readonly clientRealm: string;
  readonly client: PrincipalName;
}

export interface ApRequest {
  readonly ticket: Ticket;
  readonly authenticator: EncryptedData;
}

/** A request for a ticket-granting ticket, for a client whose name has one part. */
export function asRequest(client: string, realm: string, nonce: number): AsRequest {
  return {
    client: { type: NAME_TYPE.principal, parts: [client] },
    realm,
    server: { type: NAME_TYPE.serviceInstance, parts: ["krbtgt", realm] },
    tillS: FAR_FUTURE_S,
    nonce,
    encryptionTypes: USUAL_ENCRYPTION_TYPES,
  };
}

/** The server's clock in milliseconds since 1970 UTC, with a fraction. */
export function serverUnixMs(error: KrbError): number {
  return error.serverTimeS * 1000 + error.serverMicroseconds / 1000;
}

export function encodeAsRequest(request: AsRequest): Uint8Array {
  const body = encodeSequence(
    encodeField(0, NO_OPTIONS),
    encodeField(1, encodePrincipal(request.client)),
    encodeField(2, encodeString(request.realm)),
    encodeField(3, encodePrincipal(request.server)),
    encodeField(5, encodeTime(request.tillS)),
    encodeField(7, encodeInteger(request.nonce)),
    encodeField(8, encodeSequence(...request.encryptionTypes.map((type) => encodeInteger(type)))),
  );
  return encodeMessage(AS_REQUEST, ...encodeHead(1, AS_REQUEST), encodeField(4, body));
}

/** Options, addresses and pre-authentication are passed over. */
export function decodeAsRequest(bytes: Uint8Array): AsRequest {
  const message = decodeMessage(bytes, AS_REQUEST);
  expectHead(message, 1, AS_REQUEST);
  const body = expectTag(fieldOf(message, 4), TAG.sequence);
  return {
    client: decodePrincipal(fieldOf(body, 1)),
    realm: decodeString(fieldOf(body, 2)),
    server: decodePrincipal(fieldOf(body, 3)),
    tillS: decodeTime(fieldOf(body, 5)),
    nonce: decodeInteger(fieldOf(body, 7)),
    encryptionTypes: expectTag(fieldOf(body, 8), TAG.sequence).children.map((type) => decodeInteger(type)),
  };
}

/** What a key distribution centre says to an AS-REQ. */
export function decodeKdcReply(bytes: Uint8Array): KrbError | AsReply {
  return bytes[0] === applicationTag(AS_REPLY) ? decodeAsReply(bytes) : decodeKrbError(bytes);
}

function decodeAsReply(bytes: Uint8Array): AsReply {
  const message = decodeMessage(bytes, AS_REPLY);
  expectHead(message, 0, AS_REPLY);
  // Ticket and encrypted part must be there and in order; they are not given out.
  decodeTicket(fieldOf(message, 5));
  decodeEncrypted(fieldOf(message, 6));
  return {
    type: "asReply",
    clientRealm: decodeString(fieldOf(message, 3)),
    client: decodePrincipal(fieldOf(message, 4)),
  };
}

export function encodeKrbError(error: KrbError): Uint8Array {
  const { clientRealm, client, text, data } = error;
  if (!isMicroseconds(error.serverMicroseconds)) {
    throw new WireError("unencodable", `cannot write ${error.serverMicroseconds} as microseconds`, 0);
  }
  return encodeMessage(
    KRB_ERROR,
    ...encodeHead(0, KRB_ERROR),
    encodeField(4, encodeTime(error.serverTimeS)),
    encodeField(5, encodeInteger(error.serverMicroseconds)),
    encodeField(6, encodeInteger(error.code)),
    ...(clientRealm === undefined ? [] : [encodeField(7, encodeString(clientRealm))]),
    ...(client === undefined ? [] : [encodeField(8, encodePrincipal(client))]),
    encodeField(9, encodeString(error.realm)),
    encodeField(10, encodePrincipal(error.server)),
    ...(text === undefined ? [] : [encodeField(11, encodeString(text))]),
    ...(data === undefined ? [] : [encodeField(12, encodeOctets(data))]),
  );
}

/** The client's own time, which a server may repeat, is passed over. */
export function decodeKrbError(bytes: Uint8Array): KrbError {
  const message = decodeMessage(bytes, KRB_ERROR);
  expectHead(message, 0, KRB_ERROR);
  const microseconds = fieldOf(message, 5);
  const serverMicroseconds = decodeInteger(microseconds);
  if (!isMicroseconds(serverMicroseconds)) {
    throw elementError(microseconds, `${serverMicroseconds} microseconds in a second`);
  }
  const [clientRealm, client] = [optionalField(message, 7), optionalField(message, 8)];
  const [text, data] = [optionalField(message, 11), optionalField(message, 12)];
  return {
    type: "krbError",
    serverTimeS: decodeTime(fieldOf(message, 4)),
    serverMicroseconds,
    code: decodeInteger(fieldOf(message, 6)),
    ...(clientRealm && { clientRealm: decodeString(clientRealm) }),
    ...(client && { client: decodePrincipal(client) }),
    realm: decodeString(fieldOf(message, 9)),
    server: decodePrincipal(fieldOf(message, 10)),
    ...(text && { text: decodeString(text) }),
    ...(data && { data: decodeOctets(data) }),
  };
}

export function encodeApRequest(request: ApRequest): Uint8Array {
  return encodeMessage(
    AP_REQUEST,
    ...encodeHead(0, AP_REQUEST),
    encodeField(2, NO_OPTIONS),
    encodeField(3, encodeTicket(request.ticket)),
    encodeField(4, encodeEncrypted(request.authenticator)),
  );
}

/** Options are passed over. */
export function decodeApRequest(bytes: Uint8Array): ApRequest {
  const message = decodeMessage(bytes, AP_REQUEST);
  expectHead(message, 0, AP_REQUEST);
  return { ticket: decodeTicket(fieldOf(message, 3)), authenticator: decodeEncrypted(fieldOf(message, 4)) };
}

function encodeMessage(number: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return encodeElement(applicationTag(number), encodeSequence(...fields));
}

/** The sequence inside exactly one message of this number. */
function decodeMessage(bytes: Uint8Array, number: number): Element {
  const reader = new Reader(bytes);
  const message = expectTag(decodeElement(reader), applicationTag(number));
  reader.expectEnd("the Kerberos message");
  return childAt(message, 0, TAG.sequence);
}

function isMicroseconds(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < MICROSECONDS_PER_S;
}
