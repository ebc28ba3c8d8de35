/**
 * The change-password protocol (RFC 3244 section 2): a head of lengths and a version, an AP-REQ, and behind it the
 * KRB-PRIV that would hold the new password. A server that refuses answers with the same head, no AP-REP, and a
 * KRB-ERROR whose data are a result code and a text. The sources of MIT's and Heimdal's clients say that Active
 * Directory leaves out the head; they take such a reply, and so does this.
 */
import { applicationTag } from "./ber.ts";
import { Reader, utf8Text, WireError, Writer } from "./bytes.ts";
import {
  type ApRequest,
  decodeApRequest,
  decodeKrbError,
  encodeApRequest,
  encodeKrbError,
  type KrbError,
} from "./kerberos.ts";

const HEAD_BYTES = 6;

/** [APPLICATION 30]. */
const KRB_ERROR_TAG = applicationTag(30);

/** The first is written, either is read. Set-password is meant for administrators. */
const VERSION = { changePassword: 1, setPassword: 0xff80 } as const;

export interface ChangeRequest {
  readonly apRequest: ApRequest;
  /** The bytes in the place of the KRB-PRIV message. */
  readonly privateMessage: Uint8Array;
}

/** What a change-password server says of a request, beside the error code. */
export interface ChangeResult {
  /** 0 to 7; see `changeResultName`. */
  readonly code: number;
  readonly text: string;
}

export function encodeChangeRequest(request: ChangeRequest): Uint8Array {
  return encodeMessage(encodeApRequest(request.apRequest), request.privateMessage);
}

export function decodeChangeRequest(bytes: Uint8Array): ChangeRequest {
  const { first, second } = decodeMessage(bytes);
  return { apRequest: decodeApRequest(first), privateMessage: second };
}

export function encodeChangeError(error: KrbError): Uint8Array {
  return encodeMessage(new Uint8Array(), encodeKrbError(error));
}

/** A reply that refuses, with or without its head. One with an AP-REP is `unsupported`: only a holder of a ticket ever gets it. */
export function decodeChangeError(bytes: Uint8Array): KrbError {
  // As the first octet of a length it would stand for 32,000 octets and more.
  if (bytes[0] === KRB_ERROR_TAG) return decodeKrbError(bytes);
  const { first, second } = decodeMessage(bytes);
  if (first.length > 0) throw new WireError("unsupported", "a reply to somebody who has a ticket", HEAD_BYTES);
  return decodeKrbError(second);
}

/** The result in the data of the error; undefined where the data are none, or something else that begins otherwise. */
export function changeResultOf(error: KrbError): ChangeResult | undefined {
  if (error.data === undefined || error.data.length < 2) return undefined;
  const reader = new Reader(error.data);
  const code = reader.u16("be");
  return code < RESULTS.length ? { code, text: utf8Text(reader.rest()) } : undefined;
}

/** The data of an error that says this result. */
export function encodeChangeResult(result: ChangeResult): Uint8Array {
  return new Writer().u16(result.code, "be").utf8(result.text).finish();
}

/** For instance `2 hard error`. */
export function changeResultName(result: ChangeResult): string {
  return `${result.code} ${RESULTS[result.code]}`;
}

/** RFC 3244 section 2, from 0 on. */
const RESULTS = [
  "success",
  "malformed request",
  "hard error",
  "authentication error",
  "soft error",
  "access denied",
  "version not supported",
  "initial ticket needed",
];

function encodeMessage(first: Uint8Array, second: Uint8Array): Uint8Array {
  return new Writer()
    .u16(HEAD_BYTES + first.length + second.length, "be")
    .u16(VERSION.changePassword, "be")
    .u16(first.length, "be")
    .bytes(first)
    .bytes(second)
    .finish();
}

function decodeMessage(bytes: Uint8Array): { readonly first: Uint8Array; readonly second: Uint8Array } {
  const reader = new Reader(bytes);
  const length = reader.u16("be");
  if (length !== bytes.length) {
    throw reader.error(
      length > bytes.length ? "truncated" : "malformed",
      `a length of ${length} in ${bytes.length} octets`,
    );
  }
  const version = reader.u16("be");
  if (version !== VERSION.changePassword && version !== VERSION.setPassword) {
    throw reader.error("malformed", `version ${version} of the change-password protocol`);
  }
  const first = reader.bytes(reader.u16("be"));
  return { first, second: reader.rest() };
}
