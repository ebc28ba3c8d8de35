/**
 * LDAP (RFC 4511) as a Samba domain controller speaks it to somebody without an account: it takes an anonymous bind,
 * shows its root entry (RFC 4512 section 5.1, MS-ADTS section 3.1.1.3.2) and refuses everything else.
 */
import { utf8Bytes } from "../wire/bytes.ts";
import { decodeLdap, encodeLdap, type LdapMessage, type LdapOperation, ldapFrameLength } from "../wire/ldap.ts";
import type { LdapResult } from "../wire/ldap-result.ts";
import type { SearchEntry, SearchRequest } from "../wire/ldap-search.ts";
import { LAB } from "./lab-domain.ts";
import type { Clock, TcpStandIn } from "./stand-in.ts";

const RESULT = { success: 0, operationsError: 1, protocolError: 2, invalidCredentials: 49 } as const;

const BASE_OBJECT = 0;

export function ldap(clock: Clock): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: ldapFrameLength,
    answer(request) {
      const message = decodeLdap(request);
      const operations = answersTo(message.operation, clock);
      return operations?.map((operation) => encodeLdap({ messageId: message.messageId, operation }));
    },
  };
}

/** What a server says to a request; undefined hangs up. */
function answersTo(operation: LdapMessage["operation"], clock: Clock): readonly LdapOperation[] | undefined {
  switch (operation.type) {
    case "bindRequest": {
      const anonymous = operation.name === "" && operation.password.length === 0;
      return [{ type: "bindResponse", result: result(anonymous ? RESULT.success : RESULT.invalidCredentials) }];
    }
    case "searchRequest":
      return answersToSearch(operation, clock);
    case "extendedRequest":
      return [{ type: "extendedResponse", result: result(RESULT.protocolError, "Extended Operation not supported") }];
    default:
      return undefined;
  }
}

function answersToSearch(search: SearchRequest, clock: Clock): readonly LdapOperation[] {
  if (search.baseObject !== "" || search.scope !== BASE_OBJECT) {
    const refusal = "Operation unavailable without authentication";
    return [{ type: "searchDone", result: result(RESULT.operationsError, refusal) }];
  }
  return [rootEntry(search.attributes, clock), { type: "searchDone", result: result(RESULT.success) }];
}

/** The root entry with the attributes that were asked for, or all of them. */
function rootEntry(wanted: readonly string[], clock: Clock): SearchEntry {
  const asked = new Set(wanted.map((name) => name.toLowerCase()));
  const attributes = Object.entries(rootAttributes(clock))
    .filter(([name]) => asked.size === 0 || asked.has(name.toLowerCase()))
    .map(([name, values]) => ({ name, values: values.map(utf8Bytes) }));
  return { type: "searchEntry", objectName: "", attributes };
}

function rootAttributes(clock: Clock): Readonly<Record<string, readonly string[]>> {
  return {
    defaultNamingContext: [LAB.dn],
    dnsHostName: [LAB.host],
    currentTime: [generalizedTime(clock.wallMs())],
    supportedLDAPVersion: ["2", "3"],
    ldapServiceName: [`${LAB.dnsDomain}:dc01$@${LAB.realm}`],
    isGlobalCatalogReady: ["TRUE"],
    vendorName: ["unity-probe stand-in"],
  };
}

/** `20261121063351.0Z` (RFC 4517 section 3.3.13). */
function generalizedTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}.0Z`;
}

function result(code: number, diagnostic = ""): LdapResult {
  return { code, matchedDn: "", diagnostic };
}
