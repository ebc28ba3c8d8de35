/**
 * LDAP (RFC 4511): an anonymous bind, then the root entry, in which a server says who it is. Over `tls` the same two
 * questions are asked inside the handshake, because a handshake alone may be a middle box's.
 */
import type { EvidenceValue } from "../model/evidence.ts";
import type { Connection, Dialogue, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import {
  anonymousBind,
  decodeLdap,
  encodeLdap,
  isNoticeOfDisconnection,
  type LdapOperation,
  ldapFrameLength,
} from "../wire/ldap.ts";
import { type LdapResult, ldapResultName } from "../wire/ldap-result.ts";
import { attributeTexts, rootDseSearch, type SearchEntry } from "../wire/ldap-search.ts";
import { clockWarning } from "./clock.ts";

const MESSAGE_CAP_BYTES = 64 * 1024;
const SUCCESS = 0;

/** What a domain controller says of itself without being asked who we are. */
const ROOT_DSE = [
  "defaultNamingContext",
  "dnsHostName",
  "currentTime",
  "supportedLDAPVersion",
  "ldapServiceName",
  "isGlobalCatalogReady",
  "vendorName",
];

export const ldapBind: Dialogue<Record<string, never>> = {
  kind: "dialogue",
  id: "ldap-bind",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 10_000,
  cost: { packets: 3, bytes: 256 },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "LDAP",
    title: "LDAP anonymous bind and root entry",
    sends:
      "A simple bind with empty name and password, a search for the root entry, an unbind. With tls: the handshake first.",
    accepts:
      "A response with our message id. A refusal of the bind (strongerAuthRequired, inappropriateAuthentication, ...) is an answer too.",
    proves: "An LDAP server answered; its root entry names the host and the domain that it serves.",
    triggers: "At most a debug log line. No name is sent, so nothing can be locked out.",
    specification: [
      "RFC 4511 sections 4.1 to 4.5",
      "RFC 4513 section 5.1",
      "RFC 4512 section 5.1",
      "MS-ADTS section 3.1.1.3.2",
    ],
  },
  async run(_params, ask) {
    const connection = await ask.connect(ask.tls === undefined ? {} : { tls: ask.tls });
    if (connection === undefined) return undefined;
    const firstId = messageId(ask.world.randomBytes(4));
    const bound = await exchange(connection, firstId, anonymousBind());
    if (bound === undefined) return undefined;
    if (bound.type === "extendedResponse") return disconnected(bound.result);
    if (bound.type !== "bindResponse") throw new WireError("malformed", `a bind was answered by a ${bound.type}`, 0);
    const reading = readingOfBind(bound.result);
    try {
      const entry = await exchange(connection, firstId + 1, rootDseSearch(ROOT_DSE));
      connection.send(encodeLdap({ messageId: firstId + 2, operation: { type: "unbindRequest" } }));
      return entry?.type === "searchEntry" ? withRootDse(reading, entry, ask.world.wallMs()) : reading;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // The bind was answered in good order: what follows cannot take that back.
      return { ...reading, warnings: [`the root entry could not be read: ${error.message}`] };
    }
  },
};

/** 1 to 2^30: room for the two messages that follow. */
function messageId(random: Uint8Array): number {
  return (new Reader(random).u32("be") & 0x3fff_ffff) | 1;
}

/** Sends one request and gives the operation that answers it; undefined when the connection ended first. */
async function exchange(
  connection: Connection,
  id: number,
  operation: LdapOperation,
): Promise<LdapOperation | undefined> {
  connection.send(encodeLdap({ messageId: id, operation }));
  const bytes = await connection.receive(ldapFrameLength, MESSAGE_CAP_BYTES);
  if (bytes === undefined) return undefined;
  const message = decodeLdap(bytes);
  if (message.messageId !== id && !isNoticeOfDisconnection(message)) {
    throw new WireError("malformed", `message id ${message.messageId} was never asked`, 0);
  }
  return message.operation;
}

function readingOfBind(result: LdapResult): Reading {
  const name = ldapResultName(result.code);
  const refused = result.code !== SUCCESS;
  return {
    service: refused ? "refused" : "confirmed",
    detail: `anonymous bind: ${name}${refused ? " (the service answers, and refuses)" : ""}`,
    evidence: { bindResult: name, ...(result.diagnostic === "" ? {} : { bindDiagnostic: result.diagnostic }) },
  };
}

function disconnected(result: LdapResult): Reading {
  const name = ldapResultName(result.code);
  return {
    service: "refused",
    detail: `the server hangs up: ${name}`,
    evidence: {
      disconnection: name,
      ...(result.diagnostic === "" ? {} : { disconnectionDiagnostic: result.diagnostic }),
    },
  };
}

function withRootDse(reading: Reading, entry: SearchEntry, nowMs: number): Reading {
  const facts: Record<string, EvidenceValue> = {};
  for (const name of ROOT_DSE) {
    const values = attributeTexts(entry, name);
    if (values.length > 0) facts[name] = values.length === 1 ? values[0]! : values;
  }
  const [host, context] = [facts.dnsHostName, facts.defaultNamingContext];
  const who = [host, context].filter((fact) => fact !== undefined).join(", ");
  const offsetMs = clockOffsetMs(facts.currentTime, nowMs);
  const warning = offsetMs === undefined ? undefined : clockWarning(offsetMs);
  const realm = realmOf(facts.ldapServiceName);
  return {
    ...reading,
    service: "confirmed",
    detail: who === "" ? `${reading.detail}; root entry read` : `${who}; ${reading.detail}`,
    evidence: { ...reading.evidence, ...facts, ...(offsetMs === undefined ? {} : { clockOffsetMs: offsetMs }) },
    ...(warning === undefined ? {} : { warnings: [warning] }),
    ...(realm === undefined ? {} : { learned: { realm } }),
  };
}

/** `20261121063200.0Z` (RFC 4517 section 3.3.13) against our clock, to the second that it is given in. */
function clockOffsetMs(currentTime: EvidenceValue | undefined, nowMs: number): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(String(currentTime));
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(nowMs / 1000) * 1000;
}

/** The Kerberos realm behind the `@` of `lab.test:dc01$@LAB.TEST` (MS-ADTS section 3.1.1.3.2). */
function realmOf(ldapServiceName: EvidenceValue | undefined): string | undefined {
  return /@([A-Za-z0-9.-]{1,255})$/.exec(String(ldapServiceName))?.[1];
}
