/**
 * The RPC endpoint mapper on port 135 (C706 appendix O, MS-RPCE): which services announced which dynamic ports. Every
 * announced TCP port becomes a lead, because a firewall that lets 135 through and those ports not is the commonest
 * fault there is.
 */
import { type Endpoint, formatPorts } from "../model/ports.ts";
import type { Connection, Dialogue, Lead, Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import { encodePdu, faultName, type ResponsePdu, WHOLE } from "../wire/dcerpc.ts";
import { isLastFragment, joinResponse, MAX_FRAGMENTS } from "../wire/dcerpc-fragments.ts";
import {
  decodeLookupReply,
  EPM,
  EPT_LOOKUP,
  type EpmEntry,
  encodeLookupRequest,
  firstLookup,
  isLastLookup,
  MAX_ENTRIES,
} from "../wire/epm.ts";
import { towerBinding } from "../wire/epm-tower.ts";
import { interfaceName, interfaceNames } from "../wire/rpc-interfaces.ts";
import { associate, firstCallId, receivePdu } from "./rpc-association.ts";

/** 2,000 entries come in four lookups; a mapper that goes on and on is cut off. */
const LOOKUPS_MAX = 8;

/** A domain controller announces some ten ports. */
const PORTS_TEXT_MAX = 80;

/** They are served at the mapper's own port, and no map lists them: rpc-bind asks them there. */
const AT_THE_MAPPER: ReadonlySet<string> = new Set(["epmapper", "mgmt", "iobjectexporter", "isystemactivator"]);

const [FIRST_NAME = "", ...OTHER_NAMES] = interfaceNames().filter((name) => !AT_THE_MAPPER.has(name));

interface Params {
  readonly interface?: string;
}

export const endpointMapper: Dialogue<Params> = {
  kind: "dialogue",
  id: "endpoint-mapper",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 10_000,
  cost: { packets: 1 + LOOKUPS_MAX, bytes: 72 + LOOKUPS_MAX * 64 },
  manners: { minIntervalMs: 0 },
  params: {
    interface: {
      type: "string",
      about: "The one interface that is looked for; only its ports are asked, and the row is about it.",
      values: [FIRST_NAME, ...OTHER_NAMES],
    },
  },
  about: {
    protocol: "the RPC endpoint mapper",
    title: "RPC endpoint mapper listing",
    sends:
      "A bind to the endpoint mapper's interface (72 bytes), then ept_lookup for all entries (64 bytes) until the listing ends.",
    accepts:
      "bind_ack, bind_nak or fault with our call id; then the listing's fragments. With interface: that the listing names it with a TCP port.",
    proves:
      "The endpoint mapper answered. Each announced TCP port is then asked by a bind to its own interface, at the address that was asked, whatever address the mapper announces. With interface the row is about that service: where the map does not name it, or only for its own machine, nothing is proven of the service, and the row is undecided.",
    triggers: "Intrusion detection may call the listing reconnaissance.",
    specification: ["C706 chapter 12 and appendices L and O", "MS-RPCE sections 2.2.1.2 and 3.3"],
  },
  async run({ interface: wanted }, ask) {
    const connection = await ask.connect();
    if (connection === undefined) return undefined;
    const callId = firstCallId(ask.world.randomBytes(4));
    const association = await associate(connection, EPM, callId);
    if (association === undefined) return undefined;
    if (association.refusal !== undefined) {
      const detail = `RPC answers, but refuses the endpoint mapper's interface: ${association.refusal}`;
      const evidence = { refusal: association.refusal };
      return { service: wanted === undefined ? "refused" : "unchecked", detail, evidence };
    }
    const listing = await listEntries(connection, callId + 1);
    return wanted === undefined ? readingOf(listing, ask.remote) : readingAbout(wanted, listing, ask.remote);
  },
};

/** What the lookups brought, and why they ended early if they did. */
interface Listing {
  readonly entries: readonly EpmEntry[];
  readonly refusal?: string;
  readonly cutShort?: string;
}

/** Never throws for what the peer sends: the bind was answered, and what follows cannot take that back. */
async function listEntries(connection: Connection, firstCall: number): Promise<Listing> {
  const entries: EpmEntry[] = [];
  let request = firstLookup();
  try {
    for (let lookup = 0; lookup < LOOKUPS_MAX; lookup++) {
      const callId = firstCall + lookup;
      const stub = encodeLookupRequest(request);
      connection.send(encodePdu({ ...WHOLE, callId, type: "request", contextId: 0, opnum: EPT_LOOKUP, stub }));
      const answer = await receiveResponse(connection, callId);
      if (answer === undefined) return { entries, cutShort: "the listing was not answered to its end" };
      if (typeof answer === "string") return { entries, refusal: answer };
      const reply = decodeLookupReply(answer.stub, answer.order);
      entries.push(...reply.entries);
      if (isLastLookup(reply)) return { entries };
      if (entries.length >= MAX_ENTRIES) break;
      request = { ...request, handle: reply.handle };
    }
    return { entries, cutShort: `only the first ${entries.length} endpoints were read` };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { entries, cutShort: `the listing could not be read: ${error.message}` };
  }
}

/** A whole response, or the name of the fault that came instead; undefined when the connection ended first. */
async function receiveResponse(connection: Connection, callId: number): Promise<ResponsePdu | string | undefined> {
  const fragments: ResponsePdu[] = [];
  while (fragments.length < MAX_FRAGMENTS) {
    const pdu = await receivePdu(connection, callId);
    if (pdu === undefined) return undefined;
    if (pdu.type === "fault") return faultName(pdu.status);
    if (pdu.type !== "response") throw new WireError("malformed", `a lookup was answered by a ${pdu.type}`, 2);
    fragments.push(pdu);
    if (isLastFragment(pdu)) break;
  }
  return joinResponse(fragments);
}

function readingOf({ entries, refusal, cutShort }: Listing, target: Endpoint): Reading {
  const evidence = { endpoints: entries.length };
  if (refusal !== undefined && entries.length === 0) {
    return {
      service: "refused",
      detail: `the endpoint mapper answers, and refuses to list: ${refusal}`,
      evidence: { refusal },
    };
  }
  const warning = refusal === undefined ? cutShort : `the listing was refused before its end: ${refusal}`;
  const { leads, elsewhere } = leadsOf(entries, target);
  const ports = [...new Set(leads.map(({ port }) => port))];
  const services = ports.map((port) => `${port} ${namesAt(port, leads).join(", ")}`);
  const empty = entries.length === 0 && cutShort !== undefined;
  return {
    service: "confirmed",
    detail: empty
      ? "accepts a bind, and lists nothing"
      : `${entries.length} endpoints; announces ${announcedText(ports)}`,
    evidence: {
      ...evidence,
      tcpPorts: ports,
      services,
      ...(elsewhere.length === 0 ? {} : { otherAddresses: elsewhere }),
    },
    leads,
    ...(warning === undefined ? {} : { warnings: [warning] }),
  };
}

/** What the map says of one interface. The mapper's own answers prove nothing of another service: `unchecked`. */
function readingAbout(wanted: string, listing: Listing, target: Endpoint): Reading {
  const entries = listing.entries.filter(({ tower }) => nameOf(tower) === wanted);
  const { leads, elsewhere } = leadsOf(entries, target);
  const ports = [...new Set(leads.map(({ port }) => port))];
  const unread = listing.refusal ?? listing.cutShort;
  const evidence = {
    interface: wanted,
    endpoints: listing.entries.length,
    tcpPorts: ports,
    ...(elsewhere.length === 0 ? {} : { otherAddresses: elsewhere }),
  };
  const warnings = unread === undefined ? {} : { warnings: [`the listing was not read to its end: ${unread}`] };
  if (ports.length > 0) {
    const detail = `the endpoint mapper announces ${wanted} at ${announcedText(ports)}`;
    return { service: "confirmed", detail, evidence, leads, ...warnings };
  }
  return { service: "unchecked", detail: missingText(wanted, entries.length, unread), evidence, ...warnings };
}

function missingText(wanted: string, entries: number, unread: string | undefined): string {
  if (entries > 0) return `the endpoint mapper knows ${wanted}, but not over TCP: it is not open to the network`;
  return unread === undefined
    ? `the endpoint mapper answers, and ${wanted} is not registered: its service is off, or not open to the network`
    : `the endpoint mapper answers, and whether ${wanted} is registered is not known`;
}

function nameOf(tower: EpmEntry["tower"]): string | undefined {
  const binding = tower && towerBinding(tower);
  return binding && interfaceName(binding.interface.uuid);
}

/** The ports, or how many there are where a line could not hold them. */
function announcedText(ports: readonly number[]): string {
  if (ports.length === 0) return "no TCP port";
  const text = formatPorts(ports);
  return text.length > PORTS_TEXT_MAX ? `${ports.length} TCP ports` : `TCP ${text}`;
}

/** One lead for each interface and TCP port, by port and interface; addresses of other machines are told, never asked. */
function leadsOf(entries: readonly EpmEntry[], target: Endpoint) {
  const leads = new Map<string, Lead>();
  const elsewhere = new Set<string>();
  for (const { tower, annotation } of entries) {
    const binding = tower && towerBinding(tower);
    if (binding?.protocolSequence !== "ncacn_ip_tcp" || binding.port === undefined || binding.port === 0) continue;
    if (binding.address !== undefined && binding.address !== "0.0.0.0" && binding.address !== target.address) {
      elsewhere.add(binding.address);
    }
    // The mapper lists itself as well, and has just answered.
    if (binding.port === target.port) continue;
    const { uuid, major, minor } = binding.interface;
    const name = interfaceName(uuid) ?? (annotation === "" ? uuid : annotation);
    leads.set(`${binding.port} ${uuid} ${major}.${minor}`, {
      transport: "tcp",
      port: binding.port,
      prober: "rpc-bind",
      params: { interface: uuid, major, minor, name },
      service: name,
      why: "announced by the endpoint mapper",
    });
  }
  // The order in which services registered changes from boot to boot; that of the report must not.
  const inOrder = [...leads].sort(([one, a], [other, b]) => a.port - b.port || (one < other ? -1 : 1));
  return { leads: inOrder.map(([, lead]) => lead), elsewhere: [...elsewhere] };
}

function namesAt(port: number, leads: readonly Lead[]): readonly string[] {
  return [...new Set(leads.filter((lead) => lead.port === port).map(({ service }) => service))];
}
