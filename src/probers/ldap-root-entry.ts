/**
 * The root entry (RFC 4512 section 5.1), in which an LDAP server says who it is, also to somebody without an account:
 * host, domain, clock, and in its service name the Kerberos realm.
 */
import type { EvidenceValue } from "../model/evidence.ts";
import type { Reading } from "../model/prober.ts";
import { attributeTexts, rootDseSearch, type SearchEntry } from "../wire/ldap-search.ts";
import { clockWarning } from "./clock.ts";
import type { LdapTalk } from "./ldap-talk.ts";

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

/** What the entry is held against. */
export interface Wanted {
  readonly nowMs: number;
  /** The row is about a global catalog, and any other directory is a mismatch. */
  readonly globalCatalog: boolean;
}

/** Asks for the root entry and takes leave; the reading with what the entry says, or as it was where none came. */
export async function withRootEntry(talk: LdapTalk, reading: Reading, wanted: Wanted): Promise<Reading> {
  const entry = await talk.ask(rootDseSearch(ROOT_DSE));
  talk.leave();
  if (entry?.type !== "searchEntry") return withoutRootEntry(reading, wanted);
  const read = readEntry(reading, entry, wanted.nowMs);
  return wanted.globalCatalog ? asGlobalCatalog(read) : read;
}

/** The reading where no root entry was read: nothing else says whether a directory is a global catalog. */
export function withoutRootEntry(reading: Reading, { globalCatalog }: Pick<Wanted, "globalCatalog">): Reading {
  if (!globalCatalog) return reading;
  const detail = `${reading.detail}; no root entry was shown, and whether it is a global catalog is not known`;
  return { ...reading, service: "unchecked", detail };
}

/**
 * `isGlobalCatalogReady` (MS-ADTS section 3.1.1.3.2.13) is said by every domain controller, on each of its ports: TRUE
 * once it serves the whole forest. FALSE is the service's own "not now"; who does not know the word is no controller.
 */
function asGlobalCatalog(reading: Reading): Reading {
  const ready = reading.evidence.isGlobalCatalogReady;
  switch (typeof ready === "string" ? ready.toUpperCase() : undefined) {
    case "TRUE":
      return { ...reading, detail: `${reading.detail}; global catalog ready` };
    case "FALSE":
      return warned(
        { ...reading, service: "refused", detail: `${reading.detail}; the global catalog is not ready` },
        "a domain controller answers, but says that its global catalog is not ready",
      );
    default:
      return {
        ...reading,
        service: "mismatch",
        detail: `${reading.detail}; an LDAP server, but no global catalog: it says nothing of one`,
      };
  }
}

function warned(reading: Reading, warning: string): Reading {
  return { ...reading, warnings: [...(reading.warnings ?? []), warning] };
}

function readEntry(reading: Reading, entry: SearchEntry, nowMs: number): Reading {
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
    // Who was refused by a password of theirs wants to see that, though the service is there.
    service: reading.secretRefused === true ? "refused" : "confirmed",
    detail: who === "" ? `${reading.detail}; root entry read` : `${who}; ${reading.detail}`,
    evidence: { ...reading.evidence, ...facts, ...(offsetMs === undefined ? {} : { clockOffsetMs: offsetMs }) },
    ...(warning === undefined ? {} : { warnings: [...(reading.warnings ?? []), warning] }),
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
