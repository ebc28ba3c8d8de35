/**
 * LDAP ping over UDP (MS-ADTS section 6.3.3), by which Windows finds its domain controllers: the server says who it is,
 * which domain and site it serves and what it can do, without a bind and without a name of ours.
 */
import type { Oneshot, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import { decodeCldap, encodeCldap } from "../wire/cldap.ts";
import type { LdapOperation } from "../wire/ldap.ts";
import { type LdapResult, ldapResultName } from "../wire/ldap-result.ts";
import type { SearchEntry } from "../wire/ldap-search.ts";
import {
  decodeNetlogonResponse,
  NETLOGON_ATTRIBUTE,
  NETLOGON_OPCODE,
  type NetlogonResponse,
  netlogonFlagNames,
  netlogonPing,
} from "../wire/netlogon.ts";

const SUCCESS = 0;

/** The roles that people ask a domain controller for; the evidence has all flags. */
const ROLES: readonly string[] = ["PDC", "GC", "KDC", "LDAP"];

interface Params {
  /** The domain to ask for; without it the server's own. */
  readonly domain?: string;
}

export const ldapPing: Oneshot<Params> = {
  kind: "oneshot",
  id: "ldap-ping",
  transports: ["udp"],
  silence: "fail",
  schedule: { sendsAtMs: [0, 500, 1_500, 3_500], giveUpMs: 5_500, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {
    domain: { type: "string", about: "DNS name of the domain to ask for; the server's own where none is given." },
  },
  about: {
    protocol: "LDAP over UDP",
    title: "LDAP ping of a domain controller (CLDAP)",
    sends:
      "A search for the Netlogon attribute of the root entry, with a random message id: 56 bytes, and more where a domain is asked for.",
    accepts:
      "A search entry or the end of the search with our message id. A result code other than success is a refusal.",
    proves: "An LDAP server answered over UDP; the Netlogon attribute is a domain controller's, and names it.",
    triggers: "Nothing known. The answer is longer than the request, so only configured targets are ever asked.",
    specification: ["MS-ADTS sections 6.3.1 and 6.3.3", "RFC 4511 sections 4.1 and 4.5", "RFC 1798"],
  },
  start({ domain = "" }, ask) {
    const messageId = (new Reader(ask.world.randomBytes(4)).u32("be") & 0x7fff_ffff) | 1;
    const request = encodeCldap([{ messageId, operation: netlogonPing(domain) }]);
    return {
      request: () => request,
      read(bytes) {
        const ours = decodeCldap(bytes).filter((message) => message.messageId === messageId);
        const operations = ours.map(({ operation }) => operation);
        return operations.length === 0 ? {} : { final: readingOf(operations, domain) };
      },
    };
  },
};

/** Entry and end of the search come in one datagram; the end alone says that there is no entry. */
function readingOf(operations: readonly LdapOperation[], domain: string): Reading {
  for (const operation of operations) {
    if (operation.type === "searchEntry") return readingOfEntry(operation, domain);
    if (operation.type === "searchDone") return readingWithoutEntry(operation.result, domain);
  }
  throw new WireError("malformed", `a search was answered by a ${operations[0]?.type}`, 0);
}

function readingWithoutEntry(result: LdapResult, domain: string): Reading {
  if (result.code !== SUCCESS) {
    const name = ldapResultName(result.code);
    return { service: "refused", detail: `the search is refused: ${name}`, evidence: { searchResult: name } };
  }
  const what = domain === "" ? "but not as a domain controller" : `and does not host the domain ${domain}`;
  return { service: "confirmed", detail: `answers, ${what}`, evidence: { domain: "not-hosted" } };
}

function readingOfEntry(entry: SearchEntry, domain: string): Reading {
  const wanted = NETLOGON_ATTRIBUTE.toLowerCase();
  const value = entry.attributes.find(({ name }) => name.toLowerCase() === wanted)?.values[0];
  if (value === undefined) return readingWithoutEntry({ code: SUCCESS, matchedDn: "", diagnostic: "" }, domain);
  try {
    return readingOfController(decodeNetlogonResponse(value), domain);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // The search was answered in good order: what it found cannot take that back.
    const warnings = [`the Netlogon attribute could not be read: ${error.message}`];
    return { service: "confirmed", detail: "answers, in words that are not understood", evidence: {}, warnings };
  }
}

function readingOfController(answer: NetlogonResponse, asked: string): Reading {
  const { opcode, flags: bits, host, domain, serverSite, ...others } = answer;
  const flags = netlogonFlagNames(bits);
  const roles = ROLES.filter((role) => flags.includes(role)).join(" ");
  const who = [host, serverSite === "" ? "" : `site ${serverSite}`, roles].filter((part) => part !== "").join(", ");
  const paused = opcode === NETLOGON_OPCODE.paused;
  const names = { dnsHostName: host, domain, serverSite, ...others };
  const realm = asked === "" ? realmOf(domain) : undefined;
  return {
    service: paused ? "refused" : "confirmed",
    detail: paused ? `answers, but its Netlogon service is paused: ${who}` : who,
    evidence: { ...Object.fromEntries(Object.entries(names).filter(([, name]) => name !== "")), flags },
    ...(realm === undefined ? {} : { learned: { realm } }),
  };
}

/** The realm of an Active Directory domain is its DNS name in upper case. */
function realmOf(domain: string): string | undefined {
  return /^[A-Za-z0-9.-]{1,255}$/.test(domain) ? domain.toUpperCase() : undefined;
}
