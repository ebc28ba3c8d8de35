/**
 * The LDAP ping (MS-ADTS section 6.3.3): the search by which a client asks whether a domain controller is alive, and
 * the value of the Netlogon attribute in which the server says who it is, NETLOGON_SAM_LOGON_RESPONSE_EX (section
 * 6.3.1.9). Older forms of the value come only to those who ask for them, and are `unsupported`.
 */
import { Reader, utf8Bytes, WireError, Writer } from "./bytes.ts";
import type { LdapFilter, SearchRequest } from "./ldap-search.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

/** The one attribute that the ping asks for. */
export const NETLOGON_ATTRIBUTE = "Netlogon";

/** MS-ADTS section 6.3.1.1: V5 and V5EX ask for the form that is spoken here, without an address inside. */
const NT_VERSION_ASKED = 0x0000_0006;
/** What a server writes into its answer: V1 and V5EX. */
const NT_VERSION_ANSWERED = 0x0000_0005;
/** LmNtToken and Lm20Token, which are always 0xffff. */
const TOKENS = 0xffff_ffff;

/** MS-ADTS section 6.3.1.3. A server that is paused is alive, and sends its clients to another. */
export const NETLOGON_OPCODE = { response: 23, paused: 24, userUnknown: 25 } as const;

export interface NetlogonResponse {
  /** One of `NETLOGON_OPCODE`. */
  readonly opcode: number;
  /** Bits; see `netlogonFlagNames`. */
  readonly flags: number;
  readonly domainGuid: string;
  /** This name and the next two are DNS names, all others plain ones; an empty one says nothing. */
  readonly forest: string;
  readonly domain: string;
  readonly host: string;
  readonly netbiosDomain: string;
  readonly netbiosHost: string;
  readonly user: string;
  readonly serverSite: string;
  /** The site that the server believes the client to be in. */
  readonly clientSite: string;
}

/** The search for the server's own domain, or for the one with this DNS name. */
export function netlogonPing(domain = ""): SearchRequest {
  const version = new Writer().u32(NT_VERSION_ASKED, "le").finish();
  const filters: readonly LdapFilter[] = [
    ...(domain === "" ? [] : [equality("DnsDomain", utf8Bytes(domain))]),
    equality("NtVer", version),
  ];
  const filter = { type: "and", filters } as const;
  return { type: "searchRequest", baseObject: "", scope: 0, filter, attributes: [NETLOGON_ATTRIBUTE] };
}

function equality(attribute: string, value: Uint8Array): LdapFilter {
  return { type: "equality", attribute, value };
}

export function encodeNetlogonResponse(response: NetlogonResponse): Uint8Array {
  const writer = new Writer().u16(response.opcode, "le").u16(0, "le").u32(response.flags, "le");
  encodeUuid(writer, response.domainGuid, "le");
  const places = new Map<string, number>();
  for (const field of NAMES) encodeName(writer, response[field], places);
  return writer.u32(NT_VERSION_ANSWERED, "le").u32(TOKENS, "le").finish();
}

/** Decodes the value; what stands behind the names is passed over. */
export function decodeNetlogonResponse(value: Uint8Array): NetlogonResponse {
  const reader = new Reader(value);
  const opcode = reader.u16("le");
  if (!Object.values<number>(NETLOGON_OPCODE).includes(opcode)) {
    throw new WireError("unsupported", `a Netlogon answer of type ${opcode}`, 0);
  }
  reader.skip(2);
  const head = { opcode, flags: reader.u32("le"), domainGuid: decodeUuid(reader, "le") };
  const [forest, domain, host, netbiosDomain, netbiosHost, user, serverSite, clientSite] = NAMES.map(() =>
    decodeName(reader, value),
  ) as [string, string, string, string, string, string, string, string];
  reader.skip(8);
  return { ...head, forest, domain, host, netbiosDomain, netbiosHost, user, serverSite, clientSite };
}

/** The names in the order in which they stand. */
const NAMES = [
  "forest",
  "domain",
  "host",
  "netbiosDomain",
  "netbiosHost",
  "user",
  "serverSite",
  "clientSite",
] as const satisfies readonly (keyof NetlogonResponse)[];

const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const REFERENCE = 0xc0;

/** Writes a name, from the first part on that was written before only as a reference to that place. */
function encodeName(writer: Writer, name: string, places: Map<string, number>): void {
  const labels = name === "" ? [] : name.split(".");
  if (utf8Bytes(name).length > MAX_NAME_BYTES - 2) throw writer.unencodable(`a name of ${name.length} characters`);
  for (const [at, label] of labels.entries()) {
    const tail = labels.slice(at).join(".");
    const place = places.get(tail);
    if (place !== undefined) {
      writer.u16((REFERENCE << 8) | place, "be");
      return;
    }
    const bytes = utf8Bytes(label);
    if (bytes.length === 0 || bytes.length > MAX_LABEL_BYTES) {
      throw writer.unencodable(`the name ${JSON.stringify(name)}`);
    }
    places.set(tail, writer.length);
    writer.u8(bytes.length).bytes(bytes);
  }
  writer.u8(0);
}

/** Reads a name, here and at the places that it refers to. */
function decodeName(reader: Reader, value: Uint8Array): string {
  const labels: string[] = [];
  let bytes = 0;
  let start = reader.offset;
  for (let from = reader; ; ) {
    const length = from.u8();
    if (length === 0) return labels.join(".");
    if (length >= REFERENCE) {
      const place = ((length - REFERENCE) << 8) | from.u8();
      // Each reference leads further back than the one before, so that they cannot go round in a circle.
      if (place >= start) throw from.error("malformed", "a name that does not refer back");
      start = place;
      from = new Reader(value, place);
      continue;
    }
    if (length > MAX_LABEL_BYTES) throw from.error("malformed", `a part of a name of ${length} bytes`);
    bytes += 1 + length;
    // The zero that ends it counts too.
    if (bytes >= MAX_NAME_BYTES) throw from.error("limit", `a name above ${MAX_NAME_BYTES} bytes`);
    labels.push(from.utf8(length));
  }
}

/** The names of the flags that are set, in their order; bits without a name are left out. */
export function netlogonFlagNames(flags: number): readonly string[] {
  return FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

/** MS-ADTS section 6.3.1.2, without DS_ in front and _FLAG behind. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x0000_0001, "PDC"],
  [0x0000_0004, "GC"],
  [0x0000_0008, "LDAP"],
  [0x0000_0010, "DS"],
  [0x0000_0020, "KDC"],
  [0x0000_0040, "TIMESERV"],
  [0x0000_0080, "CLOSEST"],
  [0x0000_0100, "WRITABLE"],
  [0x0000_0200, "GOOD_TIMESERV"],
  [0x0000_0400, "NDNC"],
  [0x0000_0800, "SELECT_SECRET_DOMAIN_6"],
  [0x0000_1000, "FULL_SECRET_DOMAIN_6"],
  [0x0000_2000, "WS"],
  [0x0000_4000, "DS_8"],
  [0x0000_8000, "DS_9"],
  [0x2000_0000, "DNS_CONTROLLER"],
  [0x4000_0000, "DNS_DOMAIN"],
  [0x8000_0000, "DNS_FOREST"],
];
