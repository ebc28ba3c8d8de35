/**
 * DNS (RFC 1035) over UDP and TCP: who serves a zone (SOA), or which domain controllers a domain has (SRV). Any answer
 * to the very question proves a name server, whatever it says; some codes say that it serves others, but not us.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Ask, Lead, Oneshot, Read, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import {
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  decodeDns,
  decodeDnsFrame,
  dnsFrameId,
  dnsFrameLength,
  dnsQuery,
  encodeDns,
  encodeDnsFrame,
  OPCODE_QUERY,
  RCODE,
  rcodeName,
  type SoaRecord,
} from "../wire/dns.ts";
import { domainOf } from "./host-domain.ts";

/** Where Active Directory lists a domain's controllers (MS-ADTS section 6.3.2.3). */
const CONTROLLERS = "_ldap._tcp";
const ROOT = ".";

/** Codes by which a server says that it does not serve us, or not so. */
const REFUSALS: ReadonlySet<number> = new Set([
  RCODE.formErr,
  RCODE.servFail,
  RCODE.notImp,
  RCODE.refused,
  RCODE.notAuth,
]);
/** A server that did not read the question cannot repeat it. */
const WITHOUT_QUESTION: ReadonlySet<number> = new Set([RCODE.formErr, RCODE.notImp, RCODE.refused]);

/** So many targets are named in the matrix; the evidence has all of the answer's. */
const TARGETS_SHOWN = 3;
const TARGETS_KEPT = 64;

interface Params {
  readonly name?: string;
  readonly type?: "SOA" | "SRV";
  readonly recursion?: boolean;
}

export const dns: Oneshot<Params> = {
  kind: "oneshot",
  id: "dns",
  transports: ["udp", "tcp"],
  silence: "fail",
  schedule: { sendsAtMs: [0, 1_000, 3_000], giveUpMs: 6_000, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {
    name: {
      type: "string",
      about: "Domain to ask about, for instance example.com; where none is given the host's own, else the root.",
      maxLength: 240,
    },
    type: {
      type: "string",
      about: "SOA asks who serves the domain (the default), SRV which domain controllers it has.",
      values: ["SOA", "SRV"],
    },
    recursion: {
      type: "boolean",
      about: "Let the server ask others for what it does not know itself, as a client's resolver does.",
    },
  },
  about: {
    protocol: "DNS",
    title: "DNS query for SOA or SRV",
    sends:
      "One question: the SOA record of a domain, or with type SRV its _ldap._tcp records; 17 bytes for the root, more with a name. Each send has a random id and a random mix of upper and lower case. Neither EDNS nor type ANY is asked for, and recursion only where the row says so.",
    accepts:
      "A response with our id to the very question, letters included, whatever its code: NXDOMAIN is an answer. FORMERR, SERVFAIL, NOTIMP, REFUSED and NOTAUTH are refusals by the service. A question that comes back in other letters counts, with a warning. A truncated answer over UDP is asked for again over TCP.",
    proves: "A name server read this very question and answered it.",
    triggers: "At most a line in a query log; with recursion the server may ask others.",
    specification: [
      "RFC 1035 section 4",
      "RFC 2782",
      "RFC 5452 section 9",
      "RFC 7766 section 8",
      "MS-ADTS section 6.3.2.3",
    ],
  },
  start(params, ask) {
    const { transport } = ask.remote;
    const type = params.type ?? "SOA";
    const name = questionName(params.name, type, ask.host);
    const sent: { readonly id: number; readonly question: DnsQuestion }[] = [];
    const replyTo = (reply: DnsMessage): Read => {
      const asked = sent.find(({ id }) => id === reply.id)?.question;
      if (asked === undefined || !reply.response || reply.opcode !== OPCODE_QUERY) return {};
      const match = matchOf(reply, asked);
      if (match === "other") return {};
      const reading = readingOf(reply, { name, type }, leadsOf(reply, ask, params));
      if (match === "same") return { final: reading };
      const warned = {
        ...reading,
        warnings: ["the question came back in other letters: only the id ties the answer to it"],
      };
      // Over UDP somebody may have guessed the id: a better answer may still come.
      return transport === "tcp" ? { final: warned } : { soFar: warned };
    };
    return {
      request() {
        const id = new Reader(ask.world.randomBytes(2)).u16("be");
        const question = { name: inMixedCase(name, ask.world.randomBytes(name.length)), type };
        sent.push({ id, question });
        const message = encodeDns(dnsQuery(id, question, params.recursion === true));
        return transport === "tcp" ? encodeDnsFrame(message) : message;
      },
      read(bytes) {
        if (transport === "udp") return replyTo(decodeDns(bytes));
        const id = dnsFrameId(bytes);
        if (id === undefined || dnsFrameLength(bytes) === undefined) return {};
        // One question a connection: whatever bears another id is no answer, and perhaps no DNS.
        if (id !== sent[0]?.id) throw new WireError("malformed", `id ${id} was never asked`, 2);
        const reply = decodeDnsFrame(bytes);
        if (reply === undefined) return {};
        const read = replyTo(reply);
        if (read.final === undefined)
          throw new WireError("malformed", "a message that does not answer the question", 2);
        return read;
      },
    };
  },
};

function questionName(given: string | undefined, type: "SOA" | "SRV", host: string): string {
  const domain = (given === undefined || given === "" ? domainOf(host) : given.replace(/\.$/, "")) || ROOT;
  if (type === "SOA") return domain;
  return domain === ROOT ? CONTROLLERS : `${CONTROLLERS}.${domain}`;
}

/** Upper or lower case for each letter as chance has it, so that an answer must come from whoever read the question. */
function inMixedCase(name: string, random: Uint8Array): string {
  const letters = Array.from(name, (letter, at) =>
    (random[at]! & 1) === 1 ? letter.toUpperCase() : letter.toLowerCase(),
  );
  return letters.join("");
}

function matchOf({ questions, rcode }: DnsMessage, asked: DnsQuestion): "same" | "other-letters" | "other" {
  const [question, ...more] = questions;
  if (question === undefined) return WITHOUT_QUESTION.has(rcode) ? "same" : "other";
  if (more.length > 0 || question.type !== asked.type) return "other";
  if (question.name === asked.name) return "same";
  return question.name.toLowerCase() === asked.name.toLowerCase() ? "other-letters" : "other";
}

/** The same question over TCP, for an answer that did not fit into a datagram. */
function leadsOf({ truncated }: DnsMessage, { remote }: Ask, { name, type, recursion }: Params): readonly Lead[] {
  if (!truncated || remote.transport === "tcp") return [];
  const params = {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(recursion && { recursion }),
  };
  const why = "the answer over UDP is truncated: the same question over TCP";
  return [{ transport: "tcp", port: remote.port, prober: dns.id, params, service: "DNS over TCP", why }];
}

function readingOf(reply: DnsMessage, asked: DnsQuestion, leads: readonly Lead[]): Reading {
  const rcode = rcodeName(reply.rcode);
  const refused = REFUSALS.has(reply.rcode);
  const { text, facts } = foundIn(reply, asked);
  return {
    service: refused ? "refused" : "confirmed",
    detail: refused ? `answers ${rcode} to ${asked.type} of ${asked.name} (the service answers, and refuses)` : text,
    evidence: {
      question: `${asked.name} ${asked.type}`,
      rcode,
      authoritative: reply.authoritative,
      recursionAvailable: reply.recursionAvailable,
      truncated: reply.truncated,
      ...facts,
    },
    ...(leads.length === 0 ? {} : { leads }),
  };
}

/** What the answer says in words, and as facts. */
function foundIn(reply: DnsMessage, { name, type }: DnsQuestion): { readonly text: string; readonly facts: Evidence } {
  if (reply.truncated) return { text: `answers, too long for a datagram: ${type} of ${name}`, facts: {} };
  if (reply.rcode !== RCODE.noError) {
    const words = reply.rcode === RCODE.nxDomain ? `${name} does not exist (NXDOMAIN)` : rcodeName(reply.rcode);
    return { text: `answers: ${words}`, facts: zoneOf(reply.authorities) };
  }
  const soa = reply.answers.find((record) => record.type === "SOA");
  if (soa !== undefined) {
    const facts = soaFacts(soa);
    return { text: `${facts.zone} is served by ${facts.primary}, serial ${facts.serial}`, facts };
  }
  const targets = targetsOf(reply.answers);
  if (targets.length > 0) {
    const more = targets.length > TARGETS_SHOWN ? ` and ${targets.length - TARGETS_SHOWN} more` : "";
    return {
      text: `${name}: ${targets.slice(0, TARGETS_SHOWN).join(", ")}${more}`,
      facts: { targets: targets.slice(0, TARGETS_KEPT) },
    };
  }
  return { text: `answers: it has no ${type} of ${name}`, facts: zoneOf(reply.authorities) };
}

/** The zone in which a name is missing (RFC 2308 section 2). */
function zoneOf(authorities: readonly DnsRecord[]): Evidence {
  const soa = authorities.find((record) => record.type === "SOA");
  return soa === undefined ? {} : soaFacts(soa);
}

/** In small letters: the server repeats ours, which are another mix in each run. */
function soaFacts({ name, primary, serial }: SoaRecord): Evidence {
  return { zone: name.toLowerCase(), primary: primary.toLowerCase(), serial };
}

/** Each with its port, the most wanted first (RFC 2782). */
function targetsOf(answers: readonly DnsRecord[]): readonly string[] {
  return answers
    .filter((record) => record.type === "SRV")
    .sort((a, b) => a.priority - b.priority)
    .map(({ target, port }) => `${target.toLowerCase()}:${port}`);
}
