/**
 * SNMP over UDP 161. Without anything configured: the discovery of an engine in version 3 (RFC 3414 section 4), which an
 * agent answers to anybody. With a community: one GET in version 2c. An agent answers nobody whom it does not know, so
 * silence says little.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Oneshot, Reading, World } from "../model/prober.ts";
import { Reader } from "../wire/bytes.ts";
import {
  bindingOid,
  type CommunityMessage,
  decodeSnmp,
  discovery,
  encodeSnmp,
  engineEnterprise,
  enterpriseName,
  errorStatusName,
  getV2c,
  oidEnterprise,
  reportName,
  type SnmpMessage,
  UNKNOWN_ENGINE_IDS,
  type V3Message,
} from "../wire/snmp.ts";

/** sysObjectID.0 (RFC 3418): what kind of system this is. */
const SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0";

interface Params {
  /** The name of a secret. */
  readonly community?: string;
}

export const snmp: Oneshot<Params> = {
  kind: "oneshot",
  id: "snmp",
  transports: ["udp"],
  // An agent of version 1 or 2c answers nobody whose community it does not know, and knows no version 3.
  silence: "inconclusive",
  schedule: { sendsAtMs: [0, 500, 1_500, 3_500], giveUpMs: 5_500, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {
    community: {
      type: "secret",
      about: "Community for version 2c, which sends it in clear; without it version 3 is asked.",
      sentInClear: true,
    },
  },
  about: {
    protocol: "SNMP",
    title: "SNMP engine discovery, or sysObjectID with a community",
    sends:
      "Without a community 64 bytes at most: a version 3 request without user and without variables, with random ids. With a community a version 2c GET of sysObjectID.0 with a random id, in which the community goes out in clear. No community is ever guessed, not even public.",
    accepts:
      "Version 3: a report with our message id; usmStatsUnknownEngineIDs is the usual one, any other a refusal. Version 2c: a response with our request id and community; an error status is a refusal.",
    proves:
      "An SNMP agent answered this very request. Version 3 names the engine, its vendor, its boots and its uptime; version 2c that the community is right, and what system it is.",
    triggers:
      "A counter at the agent. A wrong community makes many agents send an authenticationFailure trap. Silence is normal where version 3 is not spoken, as by the SNMP service of Windows, or the community is another.",
    specification: [
      "RFC 3412 sections 6 and 7",
      "RFC 3414 sections 3.2 and 4",
      "RFC 3416 sections 3 and 4.2.1",
      "RFC 1157",
    ],
  },
  start({ community }, { world }) {
    const secret = community === undefined ? undefined : world.secret(community)?.bytes;
    const [messageId, requestId] = [randomId(world), randomId(world)];
    const ours = secret === undefined ? discovery(messageId, requestId) : getV2c(secret, requestId, SYS_OBJECT_ID);
    const request = encodeSnmp(ours);
    return {
      request: () => request,
      read(bytes) {
        const final = readingOf(decodeSnmp(bytes), ours);
        return final === undefined ? {} : { final };
      },
    };
  },
};

/** 31 bits, never 0. */
function randomId(world: World): number {
  return (new Reader(world.randomBytes(4)).u32("be") & 0x7fff_ffff) | 1;
}

/** Undefined for what is no answer to our request. */
function readingOf(reply: SnmpMessage, ours: SnmpMessage): Reading | undefined {
  if (reply.version === 3) {
    return ours.version === 3 && reply.messageId === ours.messageId ? readingOfEngine(reply) : undefined;
  }
  if (ours.version === 3 || reply.version !== ours.version || reply.pdu.type !== "response") return undefined;
  const same = reply.pdu.requestId === ours.pdu.requestId && sameBytes(reply.community, ours.community);
  return same ? readingOfSystem(reply) : undefined;
}

function readingOfEngine({ engineId, engineBoots, engineTimeS, pdu }: V3Message): Reading | undefined {
  if (pdu.type !== "report") return undefined;
  const vendor = nameOf(engineEnterprise(engineId));
  const oid = pdu.bindings[0]?.oid;
  const report = oid === undefined ? "a report of nothing" : (reportName(oid) ?? oid);
  const evidence: Evidence = {
    version: "3",
    ...(engineId.length > 0 && { engineId: hexOf(engineId), engineBoots, engineUptimeS: engineTimeS }),
    ...(vendor !== undefined && { vendor }),
    report,
  };
  if (report !== UNKNOWN_ENGINE_IDS) {
    return { service: "refused", detail: `answers: ${report} (the agent answers, and refuses)`, evidence };
  }
  const who = vendor === undefined ? "an SNMP engine" : `SNMP engine of ${vendor}`;
  return { service: "confirmed", detail: `${who}, up ${durationText(engineTimeS)}, boots ${engineBoots}`, evidence };
}

function readingOfSystem({ pdu }: CommunityMessage): Reading {
  if (pdu.errorStatus !== 0) {
    const error = errorStatusName(pdu.errorStatus);
    const detail = `answers ${error} (the agent answers, and refuses)`;
    return { service: "refused", detail, evidence: { version: "2c", error } };
  }
  const binding = pdu.bindings.find(({ oid }) => oid === SYS_OBJECT_ID);
  const sysObjectId = binding && bindingOid(binding);
  if (sysObjectId === undefined) {
    const detail = "takes the community, and shows no sysObjectID";
    return { service: "confirmed", detail, evidence: { version: "2c" } };
  }
  const vendor = nameOf(oidEnterprise(sysObjectId));
  return {
    service: "confirmed",
    detail: `sysObjectID ${sysObjectId}${vendor === undefined ? "" : `, ${vendor}`}`,
    evidence: { version: "2c", sysObjectId, ...(vendor !== undefined && { vendor }) },
  };
}

function nameOf(enterprise: number | undefined): string | undefined {
  return enterprise === undefined ? undefined : (enterpriseName(enterprise) ?? `enterprise ${enterprise}`);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** For instance `3 d 4 h` or `5 min`. */
function durationText(seconds: number): string {
  const [minutes, hours, days] = [60, 3_600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
