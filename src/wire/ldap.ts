/**
 * LDAP messages (RFC 4511 section 4): binds, the search for the root entry, extended operations such as StartTLS,
 * unbind, and what a server answers to them. The other operations change or compare data, which is nobody's business
 * here; they and SASL binds are `unsupported`. Controls are passed over.
 */
import {
  applicationTag,
  childAt,
  contextTag,
  decodeElement,
  decodeInteger,
  decodeOctets,
  decodeText,
  type Element,
  elementError,
  elementLength,
  encodeElement,
  encodeInteger,
  encodeOctets,
  encodeSequence,
  expectTag,
  findChild,
  TAG,
} from "./ber.ts";
import { Reader, utf8Text, WireError } from "./bytes.ts";
import { decodeLdapResult, encodeLdapResult, type LdapResult } from "./ldap-result.ts";
import {
  decodeSearchEntry,
  decodeSearchRequest,
  encodeSearchEntry,
  encodeSearchRequest,
  SEARCH_ENTRY,
  SEARCH_REQUEST,
  type SearchEntry,
  type SearchRequest,
} from "./ldap-search.ts";

/** The extended request that turns a connection to TLS (RFC 4511 section 4.14). */
export const START_TLS_OID = "1.3.6.1.4.1.1466.20037";
/** The unsolicited response before a server hangs up (RFC 4511 section 4.4.1); its messageId is 0. */
export const NOTICE_OF_DISCONNECTION_OID = "1.3.6.1.4.1.1466.20036";

const MAX_MESSAGE_ID = 0x7fff_ffff;

const BIND_REQUEST = applicationTag(0);
const BIND_RESPONSE = applicationTag(1);
const UNBIND_REQUEST = applicationTag(2, "primitive");
const SEARCH_DONE = applicationTag(5);
const SEARCH_REFERENCE = applicationTag(19);
const EXTENDED_REQUEST = applicationTag(23);
const EXTENDED_RESPONSE = applicationTag(24);

/** The context-specific tags inside those operations. */
const FIELD = {
  simplePassword: contextTag(0),
  requestName: contextTag(0),
  requestValue: contextTag(1),
  responseName: contextTag(10),
  responseValue: contextTag(11),
} as const;

export interface LdapMessage {
  /** 1 to 2^31 - 1, chosen by the client; 0 only in what the server sends unasked. */
  readonly messageId: number;
  readonly operation: LdapOperation;
}

export type LdapOperation =
  | BindRequest
  | { readonly type: "bindResponse"; readonly result: LdapResult }
  | { readonly type: "unbindRequest" }
  | SearchRequest
  | SearchEntry
  | { readonly type: "searchReference"; readonly uris: readonly string[] }
  | { readonly type: "searchDone"; readonly result: LdapResult }
  | ExtendedRequest
  | ExtendedResponse;

/** A simple bind (RFC 4513 section 5.1). */
export interface BindRequest {
  readonly type: "bindRequest";
  readonly version: number;
  readonly name: string;
  readonly password: Uint8Array;
}

export interface ExtendedRequest {
  readonly type: "extendedRequest";
  readonly name: string;
  readonly value?: Uint8Array;
}

export interface ExtendedResponse {
  readonly type: "extendedResponse";
  readonly result: LdapResult;
  readonly name?: string;
  readonly value?: Uint8Array;
}

/** A bind without name and password. */
export function anonymousBind(): BindRequest {
  return { type: "bindRequest", version: 3, name: "", password: new Uint8Array() };
}

/** Whether the server says that it hangs up. */
export function isNoticeOfDisconnection(message: LdapMessage): boolean {
  const { messageId, operation } = message;
  return messageId === 0 && operation.type === "extendedResponse" && operation.name === NOTICE_OF_DISCONNECTION_OID;
}

/**
 * Length of the message at the head of a buffer, or undefined while that cannot be known yet. Throws for a head that
 * no LDAP message has.
 */
export function ldapFrameLength(buffered: Uint8Array): number | undefined {
  if (buffered.length > 0 && buffered[0] !== TAG.sequence) throw new WireError("malformed", "not an LDAP message", 0);
  const length = elementLength(buffered);
  if (length === undefined) return undefined;
  const lengthOctets = buffered[1]! < 0x80 ? 1 : 1 + (buffered[1]! & 0x7f);
  const idOffset = 1 + lengthOctets;
  // The shortest message is an unbind: three octets of messageID, two of an empty operation.
  if (length < idOffset + 5) throw new WireError("malformed", "too short for an LDAP message", 1);
  if (buffered.length > idOffset && buffered[idOffset] !== TAG.integer) {
    throw new WireError("malformed", "an LDAP message that does not begin with its messageID", idOffset);
  }
  return length;
}

export function encodeLdap(message: LdapMessage): Uint8Array {
  const { messageId, operation } = message;
  if (messageId < 0 || messageId > MAX_MESSAGE_ID) {
    throw new WireError("unencodable", `cannot write ${messageId} as a messageID`, 0);
  }
  return encodeSequence(encodeInteger(messageId), encodeOperation(operation));
}

/** Decodes exactly one message; where a datagram holds several, cut each off with `ldapFrameLength`. */
export function decodeLdap(bytes: Uint8Array): LdapMessage {
  const reader = new Reader(bytes);
  const message = expectTag(decodeElement(reader), TAG.sequence);
  reader.expectEnd("the LDAP message");
  const id = childAt(message, 0);
  const messageId = decodeInteger(id);
  if (messageId < 0 || messageId > MAX_MESSAGE_ID) throw elementError(id, `a messageID of ${messageId}`);
  return { messageId, operation: decodeOperation(childAt(message, 1)) };
}

function encodeOperation(operation: LdapOperation): Uint8Array {
  switch (operation.type) {
    case "bindRequest":
      return encodeElement(
        BIND_REQUEST,
        encodeInteger(operation.version),
        encodeOctets(operation.name),
        encodeOctets(operation.password, FIELD.simplePassword),
      );
    case "bindResponse":
      return encodeElement(BIND_RESPONSE, ...encodeLdapResult(operation.result));
    case "unbindRequest":
      return encodeElement(UNBIND_REQUEST);
    case "searchRequest":
      return encodeSearchRequest(operation);
    case "searchEntry":
      return encodeSearchEntry(operation);
    case "searchReference":
      return encodeElement(SEARCH_REFERENCE, ...operation.uris.map((uri) => encodeOctets(uri)));
    case "searchDone":
      return encodeElement(SEARCH_DONE, ...encodeLdapResult(operation.result));
    case "extendedRequest":
      return encodeElement(
        EXTENDED_REQUEST,
        encodeOctets(operation.name, FIELD.requestName),
        ...encodeOptional(operation.value, FIELD.requestValue),
      );
    case "extendedResponse":
      return encodeElement(
        EXTENDED_RESPONSE,
        ...encodeLdapResult(operation.result),
        ...encodeOptional(operation.name, FIELD.responseName),
        ...encodeOptional(operation.value, FIELD.responseValue),
      );
  }
}

function encodeOptional(value: Uint8Array | string | undefined, tag: number): readonly Uint8Array[] {
  return value === undefined ? [] : [encodeOctets(value, tag)];
}

function decodeOperation(element: Element): LdapOperation {
  switch (element.tag) {
    case BIND_REQUEST:
      return decodeBind(element);
    case BIND_RESPONSE:
      return { type: "bindResponse", result: decodeLdapResult(element) };
    case UNBIND_REQUEST:
      return { type: "unbindRequest" };
    case SEARCH_REQUEST:
      return decodeSearchRequest(element);
    case SEARCH_ENTRY:
      return decodeSearchEntry(element);
    case SEARCH_REFERENCE:
      return { type: "searchReference", uris: element.children.map((uri) => decodeText(uri)) };
    case SEARCH_DONE:
      return { type: "searchDone", result: decodeLdapResult(element) };
    case EXTENDED_REQUEST: {
      const value = findChild(element, FIELD.requestValue)?.contents;
      const name = decodeText(childAt(element, 0), FIELD.requestName);
      return { type: "extendedRequest", name, ...(value && { value }) };
    }
    case EXTENDED_RESPONSE: {
      const result = decodeLdapResult(element);
      const name = findChild(element, FIELD.responseName)?.contents;
      const value = findChild(element, FIELD.responseValue)?.contents;
      return { type: "extendedResponse", result, ...(name && { name: utf8Text(name) }), ...(value && { value }) };
    }
    default:
      throw new WireError("unsupported", "an LDAP operation that is not spoken here", element.offset);
  }
}

function decodeBind(element: Element): BindRequest {
  const authentication = childAt(element, 2);
  if (authentication.tag !== FIELD.simplePassword) {
    throw new WireError("unsupported", "a bind that is not simple", authentication.offset);
  }
  return {
    type: "bindRequest",
    version: decodeInteger(childAt(element, 0)),
    name: decodeText(childAt(element, 1)),
    password: decodeOctets(authentication, FIELD.simplePassword),
  };
}
