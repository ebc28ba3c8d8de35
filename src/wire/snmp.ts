/**
 * SNMP messages (RFC 3412 section 6, RFC 3414 section 2.4, RFC 3416 section 3, RFC 1157 section 4.1), as far as engine
 * discovery in version 3 and one GET in versions 1 and 2c go. Encrypted and signed messages are not spoken: nobody who
 * has no key is sent any.
 */
import {
  childAt,
  contextTag,
  decodeElement,
  decodeInteger,
  decodeOctets,
  decodeOid,
  type Element,
  elementError,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeOid,
  encodeSequence,
  TAG,
} from "./ber.ts";
import { Reader, WireError } from "./bytes.ts";

/** On the wire; version 3 is 3, but 2c is 1. */
export const SNMP_VERSION = { v1: 0, v2c: 1, v3: 3 } as const;

/** `msgFlags` (RFC 3412 section 6.4): reports are wanted, nothing is signed or encrypted. */
export const REPORTABLE = 0x04;
const ENCRYPTED = 0x02;
/** The user-based security model (RFC 3414). */
export const USER_BASED = 3;
/** The largest datagram payload over IPv4: what we take. */
const OUR_MAX_SIZE_BYTES = 65_507;

const PDU_TAG = {
  get: contextTag(0, "constructed"),
  response: contextTag(2, "constructed"),
  report: contextTag(8, "constructed"),
};
export type PduType = keyof typeof PDU_TAG;

/** No answer to one GET or to a discovery has more. */
const BINDINGS_MAX = 64;

/** A variable and its value, as the value's BER contents; see `bindingOid` and `bindingNumber`. */
export interface Binding {
  readonly oid: string;
  readonly tag: number;
  readonly contents: Uint8Array;
}

export interface Pdu {
  readonly type: PduType;
  readonly requestId: number;
  /** RFC 3416 section 3; 0 for none. */
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly bindings: readonly Binding[];
}

export interface CommunityMessage {
  readonly version: typeof SNMP_VERSION.v1 | typeof SNMP_VERSION.v2c;
  readonly community: Uint8Array;
  readonly pdu: Pdu;
}

export interface V3Message {
  readonly version: typeof SNMP_VERSION.v3;
  readonly messageId: number;
  readonly maxSizeBytes: number;
  readonly flags: number;
  readonly securityModel: number;
  readonly engineId: Uint8Array;
  readonly engineBoots: number;
  /** Seconds since the engine last counted a boot. */
  readonly engineTimeS: number;
  readonly userName: Uint8Array;
  readonly authentication: Uint8Array;
  readonly privacy: Uint8Array;
  readonly contextEngineId: Uint8Array;
  readonly contextName: Uint8Array;
  readonly pdu: Pdu;
}

export type SnmpMessage = CommunityMessage | V3Message;

/** A GET of variables in version 2c. */
export function getV2c(community: Uint8Array, requestId: number, ...oids: readonly string[]): CommunityMessage {
  return { version: SNMP_VERSION.v2c, community, pdu: getOf(requestId, oids) };
}

/** Discovery of an engine (RFC 3414 section 4): nobody asks for nothing, and the report says who answers. */
export function discovery(messageId: number, requestId: number): V3Message {
  const none = new Uint8Array(0);
  return {
    version: SNMP_VERSION.v3,
    messageId,
    maxSizeBytes: OUR_MAX_SIZE_BYTES,
    flags: REPORTABLE,
    securityModel: USER_BASED,
    engineId: none,
    engineBoots: 0,
    engineTimeS: 0,
    userName: none,
    authentication: none,
    privacy: none,
    contextEngineId: none,
    contextName: none,
    pdu: getOf(requestId, []),
  };
}

function getOf(requestId: number, oids: readonly string[]): Pdu {
  const bindings = oids.map((oid) => ({ oid, tag: TAG.null, contents: new Uint8Array(0) }));
  return { type: "get", requestId, errorStatus: 0, errorIndex: 0, bindings };
}

export function encodeSnmp(message: SnmpMessage): Uint8Array {
  const version = encodeInteger(message.version);
  const pdu = encodePdu(message.pdu);
  if (message.version !== SNMP_VERSION.v3) return encodeSequence(version, encodeOctets(message.community), pdu);
  const security = encodeSequence(
    encodeOctets(message.engineId),
    encodeInteger(message.engineBoots),
    encodeInteger(message.engineTimeS),
    encodeOctets(message.userName),
    encodeOctets(message.authentication),
    encodeOctets(message.privacy),
  );
  return encodeSequence(
    version,
    encodeSequence(
      encodeInteger(message.messageId),
      encodeInteger(message.maxSizeBytes),
      encodeOctets(Uint8Array.of(message.flags)),
      encodeInteger(message.securityModel),
    ),
    encodeOctets(security),
    encodeSequence(encodeOctets(message.contextEngineId), encodeOctets(message.contextName), pdu),
  );
}

function encodePdu({ type, requestId, errorStatus, errorIndex, bindings }: Pdu): Uint8Array {
  const list = bindings.map(({ oid, tag, contents }) => encodeSequence(encodeOid(oid), encodeElement(tag, contents)));
  return encodeElement(
    PDU_TAG[type],
    encodeInteger(requestId),
    encodeInteger(errorStatus),
    encodeInteger(errorIndex),
    encodeSequence(...list),
  );
}

/** Decodes a datagram. What stands behind the message is refused. */
export function decodeSnmp(bytes: Uint8Array): SnmpMessage {
  const reader = new Reader(bytes);
  const message = decodeElement(reader);
  reader.expectEnd("the message");
  const version = decodeInteger(childAt(message, 0, TAG.integer));
  switch (version) {
    case SNMP_VERSION.v1:
    case SNMP_VERSION.v2c:
      return { version, community: decodeOctets(childAt(message, 1)), pdu: decodePdu(childAt(message, 2)) };
    case SNMP_VERSION.v3:
      return decodeV3(message);
    default:
      throw new WireError("unsupported", `SNMP version ${version}`, message.offset);
  }
}

function decodeV3(message: Element): V3Message {
  const head = childAt(message, 1, TAG.sequence);
  const flags = decodeOctets(childAt(head, 2));
  if (flags.length !== 1) throw elementError(head, `flags of ${flags.length} octets`);
  const parameters = childAt(message, 2, TAG.octetString);
  if ((flags[0]! & ENCRYPTED) !== 0) throw new WireError("unsupported", "an encrypted message", message.offset);
  const security = decodeSecurity(parameters);
  const scoped = childAt(message, 3, TAG.sequence);
  return {
    version: SNMP_VERSION.v3,
    messageId: decodeInteger(childAt(head, 0)),
    maxSizeBytes: decodeInteger(childAt(head, 1)),
    flags: flags[0]!,
    securityModel: decodeInteger(childAt(head, 3)),
    ...security,
    contextEngineId: decodeOctets(childAt(scoped, 0)),
    contextName: decodeOctets(childAt(scoped, 1)),
    pdu: decodePdu(childAt(scoped, 2)),
  };
}

/** UsmSecurityParameters (RFC 3414 section 2.4), a message of its own inside an octet string. */
function decodeSecurity({ contents, offset }: Element) {
  const inner = new Reader(contents);
  try {
    const security = decodeElement(inner);
    inner.expectEnd("the security parameters");
    return {
      engineId: decodeOctets(childAt(security, 0)),
      engineBoots: decodeInteger(childAt(security, 1)),
      engineTimeS: decodeInteger(childAt(security, 2)),
      userName: decodeOctets(childAt(security, 3)),
      authentication: decodeOctets(childAt(security, 4)),
      privacy: decodeOctets(childAt(security, 5)),
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // Its offsets count from the octet string's own start.
    throw new WireError(error.code, `security parameters: ${error.message}`, offset);
  }
}

function decodePdu(element: Element): Pdu {
  const type = (Object.keys(PDU_TAG) as PduType[]).find((each) => PDU_TAG[each] === element.tag);
  if (type === undefined) throw new WireError("unsupported", `a PDU with tag ${element.tag}`, element.offset);
  const list = childAt(element, 3, TAG.sequence);
  if (list.children.length > BINDINGS_MAX)
    throw new WireError("limit", `${list.children.length} variables`, list.offset);
  return {
    type,
    requestId: decodeInteger(childAt(element, 0)),
    errorStatus: decodeInteger(childAt(element, 1)),
    errorIndex: decodeInteger(childAt(element, 2)),
    bindings: list.children.map(decodeBinding),
  };
}

function decodeBinding(element: Element): Binding {
  const value = childAt(element, 1);
  if (value.children.length > 0) throw elementError(value, "a value with elements inside");
  return { oid: decodeOid(childAt(element, 0)), tag: value.tag, contents: value.contents };
}

/** The object identifier that is a variable's value; undefined where the value is something else. */
export function bindingOid({ tag, contents }: Binding): string | undefined {
  if (tag !== TAG.oid) return undefined;
  return decodeOid({ tag, contents, offset: 0, children: [] });
}

/** The enterprise number at the head of an engine's id (RFC 3411 section 5), or undefined where the id is too short. */
export function engineEnterprise(engineId: Uint8Array): number | undefined {
  return engineId.length < 5 ? undefined : new Reader(engineId).u32("be") & 0x7fff_ffff;
}

/** The enterprise number of an object identifier below 1.3.6.1.4.1, or undefined for another one. */
export function oidEnterprise(oid: string): number | undefined {
  const number = /^1\.3\.6\.1\.4\.1\.(\d+)(?:\.|$)/.exec(oid)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whose enterprise number it is (IANA's list of private enterprise numbers), for those that are met often. */
export function enterpriseName(number: number): string | undefined {
  return ENTERPRISES.get(number);
}

const ENTERPRISES: ReadonlyMap<number, string> = new Map([
  [2, "IBM"],
  [9, "Cisco"],
  [11, "Hewlett-Packard"],
  [311, "Microsoft"],
  [674, "Dell"],
  [2636, "Juniper"],
  [6876, "VMware"],
  [8072, "net-snmp"],
]);

/** The counter's name that a report bears (RFC 3414 section 5, RFC 3412 section 5), or undefined for another variable. */
export function reportName(oid: string): string | undefined {
  return REPORTS.get(oid.replace(/\.0$/, ""));
}

/** RFC 3414 section 5: the report that answers a discovery. */
export const UNKNOWN_ENGINE_IDS = "usmStatsUnknownEngineIDs";

const REPORTS: ReadonlyMap<string, string> = new Map([
  ["1.3.6.1.6.3.15.1.1.1", "usmStatsUnsupportedSecLevels"],
  ["1.3.6.1.6.3.15.1.1.2", "usmStatsNotInTimeWindows"],
  ["1.3.6.1.6.3.15.1.1.3", "usmStatsUnknownUserNames"],
  ["1.3.6.1.6.3.15.1.1.4", UNKNOWN_ENGINE_IDS],
  ["1.3.6.1.6.3.15.1.1.5", "usmStatsWrongDigests"],
  ["1.3.6.1.6.3.15.1.1.6", "usmStatsDecryptionErrors"],
  ["1.3.6.1.6.3.11.2.1.1", "snmpUnknownSecurityModels"],
  ["1.3.6.1.6.3.11.2.1.2", "snmpInvalidMsgs"],
  ["1.3.6.1.6.3.11.2.1.3", "snmpUnknownPDUHandlers"],
]);

/** The name of an error status (RFC 3416 section 3), for instance `noAccess`. */
export function errorStatusName(status: number): string {
  return ERROR_STATUSES[status] ?? `error ${status}`;
}

const ERROR_STATUSES = [
  ...["noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength"],
  ...["wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed"],
  ...["undoFailed", "authorizationError", "notWritable", "inconsistentName"],
];
