/**
 * The change-password protocol (RFC 3244 section 2): a head of lengths and a version, an AP-REQ, and behind it the
 * KRB-PRIV that would hold the new password. A server that refuses answers with the same head, no AP-REP, and a
 * KRB-ERROR whose data are a result code and a text.
 */
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

/** Change-password; 0xff80, set-password, is for administrators. */
const VERSION = 1;

export interface ChangeRequest {
  readonly apRequest: ApRequest;
  /** The bytes in the place of the KRB-PRIV message. */
  readonly privateMessage: Uint8Array;
}

/** What a change-password server says of a request, beside the error code. */
export interface ChangeResult {
  /** See `changeResultName`. */
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

/** A reply that refuses. One with an AP-REP is `unsupported`: only a holder of a ticket ever gets it. */
export function decodeChangeError(bytes: Uint8Array): KrbError {
  const { first, second } = decodeMessage(bytes);
  if (first.length > 0) throw new WireError("unsupported", "a reply to somebody who has a ticket", HEAD_BYTES);
  return decodeKrbError(second);
}

/** The result in the data of the error, or undefined where it is not said. */
export function changeResultOf(error: KrbError): ChangeResult | undefined {
  if (error.data === undefined || error.data.length < 2) return undefined;
  const reader = new Reader(error.data);
  return { code: reader.u16("be"), text: utf8Text(reader.rest()) };
}

/** The data of an error that says this result. */
export function encodeChangeResult(result: ChangeResult): Uint8Array {
  return new Writer().u16(result.code, "be").utf8(result.text).finish();
}

/** The result in words, for instance `hard error`, or `result <code>` for one that RFC 3244 does not list. */
export function changeResultName(code: number): string {
  return RESULTS[code] ?? `result ${code}`;
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
    .u16(VERSION, "be")
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
  if (version !== VERSION) throw reader.error("malformed", `version ${version} where ${VERSION} belongs`);
  const first = reader.bytes(reader.u16("be"));
  return { first, second: reader.rest() };
}
