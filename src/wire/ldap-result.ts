/**
 * How an LDAP operation ended: the LDAPResult that every response carries (RFC 4511 section 4.1.9), and the names of
 * its codes (appendix A).
 */
import {
  childAt,
  contextTag,
  decodeInteger,
  decodeText,
  type Element,
  encodeElement,
  encodeInteger,
  encodeOctets,
  findChild,
  TAG,
} from "./ber.ts";

export interface LdapResult {
  /** See `ldapResultName`. */
  readonly code: number;
  readonly matchedDn: string;
  readonly diagnostic: string;
  readonly referral?: readonly string[];
}

const REFERRAL = contextTag(3, "constructed");

/** The elements of a result; the response that carries it may add more behind them. */
export function encodeLdapResult(result: LdapResult): readonly Uint8Array[] {
  const parts = [
    encodeInteger(result.code, TAG.enumerated),
    encodeOctets(result.matchedDn),
    encodeOctets(result.diagnostic),
  ];
  if (result.referral) parts.push(encodeElement(REFERRAL, ...result.referral.map((uri) => encodeOctets(uri))));
  return parts;
}

/** The result at the head of a response. */
export function decodeLdapResult(response: Element): LdapResult {
  const referral = findChild(response, REFERRAL)?.children.map((uri) => decodeText(uri));
  return {
    code: decodeInteger(childAt(response, 0), TAG.enumerated),
    matchedDn: decodeText(childAt(response, 1)),
    diagnostic: decodeText(childAt(response, 2)),
    ...(referral && { referral }),
  };
}

/** The name of a result code, or `result <code>` for one that RFC 4511 does not name. */
export function ldapResultName(code: number): string {
  return NAMES.get(code) ?? `result ${code}`;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, "success"],
  [1, "operationsError"],
  [2, "protocolError"],
  [3, "timeLimitExceeded"],
  [4, "sizeLimitExceeded"],
  [5, "compareFalse"],
  [6, "compareTrue"],
  [7, "authMethodNotSupported"],
  [8, "strongerAuthRequired"],
  [10, "referral"],
  [11, "adminLimitExceeded"],
  [12, "unavailableCriticalExtension"],
  [13, "confidentialityRequired"],
  [14, "saslBindInProgress"],
  [16, "noSuchAttribute"],
  [17, "undefinedAttributeType"],
  [18, "inappropriateMatching"],
  [19, "constraintViolation"],
  [20, "attributeOrValueExists"],
  [21, "invalidAttributeSyntax"],
  [32, "noSuchObject"],
  [33, "aliasProblem"],
  [34, "invalidDNSyntax"],
  [36, "aliasDereferencingProblem"],
  [48, "inappropriateAuthentication"],
  [49, "invalidCredentials"],
  [50, "insufficientAccessRights"],
  [51, "busy"],
  [52, "unavailable"],
  [53, "unwillingToPerform"],
  [54, "loopDetect"],
  [64, "namingViolation"],
  [65, "objectClassViolation"],
  [66, "notAllowedOnNonLeaf"],
  [67, "notAllowedOnRDN"],
  [68, "entryAlreadyExists"],
  [69, "objectClassModsProhibited"],
  [71, "affectsMultipleDSAs"],
  [80, "other"],
]);
