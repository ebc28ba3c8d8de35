/**
 * The words of a cell, as the design has them: outcome, state, reason and service state, then a telling part of the
 * detail; a row that is not asked says why.
 */
import type { AddressPair } from "./addresses.ts";

export interface Vector {
  readonly profile: string;
  readonly host: AddressPair;
  readonly args?: readonly string[];
  readonly exitCode: 0 | 1 | 3;
  /** By check; what a reply announced stands behind its row: `row > tcp/1433`. */
  readonly cells: Readonly<Record<string, string>>;
  /** The cells are those of the rows that are asked; what is left out is not listed. */
  readonly askedAlone?: true;
  /** Its servers, or what stands for them, live at IPv4 alone. */
  readonly onlyIpv4?: true;
}

export const proven = (detail: string): string => `pass open protocol-reply confirmed: ${detail}`;
export const refused = (detail: string): string => `pass open service-refusal refused: ${detail}`;
export const skipped = (why: string): string => `skipped: ${why}`;

export const SIP_OK = proven("200 OK");
export const sipRefuses = (status: string): string => refused(`SIP answers, and refuses OPTIONS: ${status}`);
/** Rule 5: all that can be proven without a certificate of ours. */
export const WANTS_CERTIFICATE =
  "pass open tls-alert refused: TLS proven, inner protocol not asked: the peer wants a client certificate";
export const NEEDS_CREDENTIALS = refused(
  "STUN answers; Binding without credentials: 401 Unauthorized (realm lab.test)",
);
export const MS_TURN = refused("MS-TURN answers");
export const TLS_ALONE = proven("certificate for dc01.example.com until 2120-01-01; what is inside was not asked");
export const ONLY_ACCEPTS = "pass open syn-ack unchecked: accepts; the service was not asked";

export const CLOSED = "fail closed conn-refused unchecked: closed: connection refused";
export const CLOSED_UDP = "fail closed port-unreach unchecked: closed: port unreachable by the target";
/** Under `path`: what the host itself refuses got there. */
export const CLOSED_PATH = "pass closed conn-refused unchecked: closed: connection refused";
export const CLOSED_RANGE = "pass closed conn-refused unchecked: 0 open, 21 closed, 0 filtered";
export const CLOSED_UDP_RANGE = "pass closed port-unreach unchecked: 0 open, 21 closed, 0 filtered";

export const MEDIA = skipped("could disturb a live call");

export const KERBEROS = refused("KRB-ERROR 6 principal unknown");
export const KPASSWD = refused("KRB-ERROR 2");
export const LDAP = proven("dc01.lab.test, DC=lab,DC=test; anonymous bind: success");
export const GLOBAL_CATALOG = proven("dc01.lab.test, DC=lab,DC=test; anonymous bind: success; global catalog ready");
export const DNS = proven("lab.test is served by dc01.lab.test");
