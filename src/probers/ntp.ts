/**
 * NTP client request (RFC 5905): is there a time server, and how far is its clock from ours? Kerberos refuses clocks
 * that are five minutes apart, so the offset is a result of its own.
 */
import type { Oneshot, Reading } from "../model/prober.ts";
import {
  decodeNtp,
  encodeNtp,
  kissCode,
  kissMeaning,
  MODE_SERVER,
  NTP_BYTES,
  type NtpPacket,
  ntpRequest,
  ntpTimestamp,
  readClock,
  referenceText,
} from "../wire/ntp.ts";
import { clockWarning, formatOffset } from "./clock.ts";

const VERSION = 4;
const UNSYNCHRONISED = { leap: 3, stratum: 16 };

export const ntp: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "ntp",
  transports: ["udp"],
  silence: "fail",
  schedule: { sendsAtMs: [0, 2_000], giveUpMs: 5_000, replyFrom: "same" },
  // RFC 4330 section 10: never more often than once in 15 s.
  manners: { minIntervalMs: 16_000 },
  params: {},
  about: {
    protocol: "NTP",
    title: "NTP client request",
    sends:
      "48 bytes, mode 3, version 4; the transmit timestamp is random, so that only a reader of the request can answer.",
    accepts:
      "Mode 4 with our timestamp as its origin. Stratum 0 (a kiss code such as RATE or DENY) counts as a refusal by the service.",
    proves: "A time server answered this very request, and how far its clock is from ours.",
    triggers: "Nothing known; a server may limit clients that ask more than once in 15 seconds.",
    specification: ["RFC 5905 sections 7.3, 7.4 and 8", "RFC 4330 section 10"],
  },
  start(_params, ask) {
    const sent: { readonly transmit: bigint; readonly wallMs: number; readonly monotonicMs: number }[] = [];
    return {
      request() {
        const transmit = ntpTimestamp(ask.world.randomBytes(8));
        sent.push({ transmit, wallMs: ask.world.wallMs(), monotonicMs: ask.world.monotonicMs() });
        return encodeNtp(ntpRequest(transmit, VERSION));
      },
      read(bytes, _from, atMs) {
        if (bytes.length < NTP_BYTES) return {};
        const reply = decodeNtp(bytes);
        const request = sent.find(({ transmit }) => transmit === reply.origin);
        if (request === undefined || reply.mode !== MODE_SERVER || reply.version > VERSION) return {};
        const arrivedWallMs = request.wallMs + (atMs - request.monotonicMs);
        return { final: readingOf(reply, request.wallMs, arrivedWallMs) };
      },
    };
  },
};

function readingOf(reply: NtpPacket, sentWallMs: number, arrivedWallMs: number): Reading {
  const kiss = kissCode(reply);
  if (kiss !== undefined) {
    const meaning = kissMeaning(kiss);
    return {
      service: "refused",
      detail: `answers, but gives no time: kiss code ${kiss}${meaning === undefined ? "" : ` (${meaning})`}`,
      evidence: { stratum: 0, kissCode: kiss },
    };
  }
  const synchronised = reply.leap !== UNSYNCHRONISED.leap && reply.stratum < UNSYNCHRONISED.stratum;
  const facts = { stratum: reply.stratum, leap: reply.leap, referenceId: referenceText(reply) };
  if (!synchronised || reply.transmit === 0n || reply.receive === 0n) {
    return {
      service: "confirmed",
      detail: `stratum ${reply.stratum}, not synchronised`,
      evidence: { ...facts, synchronised: false },
      warnings: ["the server says that its own clock is not synchronised"],
    };
  }
  const { offsetMs, delayMs } = readClock(reply, sentWallMs, arrivedWallMs);
  const warning = clockWarning(offsetMs);
  return {
    service: "confirmed",
    detail: `stratum ${reply.stratum}, offset ${formatOffset(offsetMs)} ± ${(Math.max(0, delayMs) / 2000).toFixed(3)} s`,
    evidence: {
      ...facts,
      synchronised: true,
      offsetMs: Math.round(offsetMs * 10) / 10,
      delayMs: Math.round(delayMs * 10) / 10,
      rootDelayMs: Math.round(reply.rootDelayS * 1000),
      rootDispersionMs: Math.round(reply.rootDispersionS * 1000),
    },
    ...(warning === undefined ? {} : { warnings: [warning] }),
  };
}
