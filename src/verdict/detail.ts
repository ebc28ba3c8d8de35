/**
 * The one sentence behind a cell, in words that a firewall owner accepts: what was sent, what came back, who said so.
 * It states observations; where two causes look the same it names both.
 */
import { type Icmp, type Observation, PEER_CLOSED, TOO_LONG } from "../model/observation.ts";
import type { Reading } from "../model/prober.ts";
import type { CheckSeen, Verdict } from "../model/result.ts";
import type { Expectation, Outcome } from "../model/words.ts";
import { detailOfProof, farEndWarnings, inUseHint } from "./far-end-words.ts";
import { hopLimitWarning } from "./hop-limits.ts";
import { mediaHint, mediaWarnings } from "./media.ts";
import { detailOfRange } from "./range-words.ts";
import { refusesOurCertificate, wantsClientCertificate } from "./state.ts";

/** The sentence for a result that has this outcome. */
export function detailOf(one: CheckSeen, outcome: Outcome): string {
  return withDoubt(plainDetailOf(one, outcome), one, outcome);
}

/** Where doubt alone keeps a row from its outcome, the row says so. */
export function withDoubt(detail: string, one: CheckSeen, outcome: Outcome): string {
  return outcome === "inconclusive" && isDoubtful(one)
    ? `${detail}; by the target or a firewall: the sender is unseen`
    : detail;
}

function plainDetailOf(one: CheckSeen, outcome: Outcome): string {
  const { verdict, range, check } = one;
  if (one.skipped !== undefined) return one.skipped.why + inUseHint(check);
  if (verdict === undefined) return "interrupted before it ended";
  const media = mediaHint(check.farEnd?.media);
  if (range !== undefined) return detailOfRange(one) + media;
  return detailOfPort(one, verdict, outcome) + inUseHint(check) + media;
}

function detailOfPort(one: CheckSeen, verdict: Verdict, outcome: Outcome): string {
  const { reading, check } = one;
  const proof = detailOfProof(verdict, check, () => detailOfVerdict(one, verdict));
  if (proof !== undefined) return proof;
  if (check.expect === "accept" && outcome === "pass" && verdict.service === "unchecked") {
    return "accepts; the service was not asked";
  }
  const unreliable = verdict.reason === "accept-unreliable" && check.expect !== "service";
  if (reading?.service === "mismatch" && !unreliable) return `${reading.detail}${firstBytesOf(one)}`;
  if (reading !== undefined && isOfTheLiar(reading, verdict)) {
    return `${reading.detail}; but something on the way accepts every port for this host, and answers others alike`;
  }
  if (reading !== undefined && verdict.reason !== "accept-unreliable") return reading.detail;
  return detailOfVerdict(one, verdict);
}

/** The prober took it for the target's answer, and the guard knows better. */
function isOfTheLiar(reading: Reading, { reason }: Verdict): boolean {
  return reason === "answered-by-intermediary" && reading.service !== "intermediary";
}

/** What must be said beside the detail: facts that the outcome does not carry. */
export function warningsOf(one: CheckSeen): readonly string[] {
  const forged = one.range && hopLimitWarning(one.range.groups, one.check.address);
  const { reason, service } = one.verdict ?? {};
  const foreign = service === "mismatch" && one.check.expect !== "service" && reason !== "accept-unreliable";
  return [
    ...(isDoubtful(one)
      ? ["closed may be a firewall's reject: without the ICMP error queue a refusal does not show who sent it"]
      : []),
    ...(foreign ? ["the port answers, but another protocol than the row's"] : []),
    ...(forged === undefined ? [] : [forged]),
    ...farEndWarnings(one),
    ...mediaWarnings(one.check.farEnd?.media),
  ];
}

/** A refusal of the port, or of one port of the range, whose sender could not be seen (rule 3). */
function isDoubtful({ verdict, range, errorQueue }: CheckSeen): boolean {
  const closed = range?.groups.some((group) => group.state === "closed") === true;
  return verdict?.doubted === true || (closed && !errorQueue);
}

function detailOfVerdict(one: CheckSeen, verdict: Verdict): string {
  // Who was asked from the far end is ourselves.
  const by = senderOf(verdict.offender, one.check.direction === "in" ? undefined : one.check.address);
  switch (verdict.reason) {
    case "conn-refused":
      return `${verdict.state}: connection refused`;
    case "port-unreach":
      return verdict.state === "closed"
        ? `closed: port unreachable${by} (a host firewall's reject looks the same)`
        : `filtered: port-unreachable${by}${verdict.lost === undefined ? refuserHint(one) : ""}`;
    case "admin-prohibited":
    case "host-unreach":
    case "net-unreach":
      return `filtered: ${verdict.reason}${by}`;
    case "unreachable":
      return verdict.offender === undefined
        ? "filtered: an ICMP unreachable error came back (its sender and code cannot be seen here)"
        : `filtered: unreachable${by}`;
    case "no-response":
      return silenceOf(one, verdict);
    case "rst-after-accept":
      return `accepted, then ended by the peer within ${lifetimeMs(one)} ms and without a byte: the service was not reached`;
    case "accept-unreliable":
      return "accepted, but something on the way accepts every port for this host: proves nothing";
    case "tls-alert":
      return alertDetail(one);
    case "mismatch":
      return `another protocol answered${one.check.tls === undefined ? "" : " instead of TLS"}${firstBytesOf(one)}`;
    case "local-egress-blocked":
      return `${refusalText(one)}${by}`;
    case "no-route":
      return one.attempts === 0
        ? "not sent: this host has no route to the address"
        : "not decided: this host lost its route to the address while it asked";
    case "name-not-found":
      return one.warnings.length === 0
        ? `the resolver gave no address for ${one.check.host}`
        : `${one.check.host} has no address that may be asked`;
    case "no-resources":
      return resourceText(one);
    case "unclassified":
      return `not decided: this host reported ${codeOf(one)}, which no rule covers`;
    default:
      return verdict.reason;
  }
}

/** An own port that was asked for is another program's, or there is nothing left to ask with. */
function resourceText(one: CheckSeen): string {
  const { sourcePort } = one.check;
  if (codeOf(one) === "EADDRINUSE" && sourcePort !== undefined) return `not asked: own port ${sourcePort} is in use`;
  return `not asked: this host ran out of resources (${codeOf(one)})`;
}

/** Systems keep low ports for privileged users. */
function refusalText(one: CheckSeen): string {
  const { sourcePort } = one.check;
  const low = sourcePort !== undefined && sourcePort < 1_024 && codeOf(one) === "EACCES";
  return `not sent: ${low ? `own port ${sourcePort} needs a privilege, or ` : ""}our own host's firewall or policy refused it`;
}

function silenceOf(one: CheckSeen, verdict: Verdict): string {
  const { check } = one;
  if (verdict.state === "open") return silenceBehindAccept(one);
  if (check.transport === "udp") {
    const strange = one.observations.some((seen) => seen.repliedMs !== undefined);
    if (strange) return `what came back was no answer to our request${firstBytesOf(one)} (${verdict.state})`;
    if (!check.row.required && check.row.note !== undefined) return `${check.row.note} (${verdict.state})`;
    const sends = one.observations.reduce((sum, seen) => sum + seen.sentMs.length, 0);
    return `no answer to ${plural(sends, "request")} in ${seconds(one.durationMs)} (open|filtered)`;
  }
  return `no answer to the connection request in ${seconds(one.durationMs)}${hostFirewallHint(check.expect)}`;
}

/** A TCP connection stood, and no answer came of it. */
function silenceBehindAccept(one: CheckSeen): string {
  const seen = one.observations.findLast((each) => each.connectedMs !== undefined);
  const lived = seconds((seen?.endedMs ?? 0) - (seen?.connectedMs ?? 0));
  if (seen?.code === TOO_LONG) return "accepts, and sent more bytes than any answer has";
  if (seen?.code === PEER_CLOSED) return `accepts, and closed after ${lived} without an answer${partOf(seen)}`;
  if (seen?.phase === "tls" && seen.code !== undefined) return `accepts, and no TLS came of it (${seen.code})`;
  if (seen?.code !== undefined)
    return `accepts, and ended after ${lived} without an answer (${seen.code})${partOf(seen)}`;
  return `accepts, but gave no answer in ${lived}${partOf(seen)}${whyUndecided(one)}`;
}

/** Where silence decides nothing, the row's note says why. */
function whyUndecided({ check: { expect, silence, row } }: CheckSeen): string {
  return expect === "service" && silence === "inconclusive" && row.note !== undefined ? `; ${row.note}` : "";
}

function hostFirewallHint(expect: Expectation): string {
  return expect === "path" ? ": the network, or the target's own firewall (Windows drops where nothing listens)" : "";
}

const SHOWN_BYTES = 40;

/** Content types alert and handshake (RFC 8446 section 5.1), and the version's first octet since SSL 3.0. */
const TLS_RECORDS: ReadonlySet<number> = new Set([0x15, 0x16]);
const TLS_MAJOR_VERSION = 3;

/** The beginning of what a peer said that was not understood, as text where it is text. */
function firstBytesOf(one: CheckSeen): string {
  const bytes = one.observations
    .findLast((seen) => seen.firstBytes !== undefined)
    ?.firstBytes?.subarray(0, SHOWN_BYTES);
  // A datagram may be empty.
  if (bytes === undefined || bytes.length === 0) return "";
  if (one.check.tls === undefined && TLS_RECORDS.has(bytes[0]!) && bytes[1] === TLS_MAJOR_VERSION) {
    return "; it speaks TLS, and the row does not";
  }
  const line = String.fromCharCode(...bytes).split(/[\r\n]/)[0]!;
  if (line.length >= 4 && /^[\x20-\x7e]+$/.test(line)) return `; it says "${line}"`;
  return `; it begins with ${Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

/** Of what a peer says first, an observation keeps so much. */
const KEPT_BYTES = 256;

/** Bytes came on this connection, but never a whole reply. */
function partOf(seen: Observation | undefined): string {
  const bytes = seen?.firstBytes?.length;
  if (bytes === undefined) return "";
  return `; what came (${bytes >= KEPT_BYTES ? "at least " : ""}${bytes} bytes) was no whole reply`;
}

function senderOf(offender: Icmp | undefined, target: string | undefined): string {
  if (offender === undefined) return "";
  const { from, type, code } = offender;
  const icmp = `${from.includes(":") ? "ICMPv6" : "ICMP"} type ${type} code ${code}`;
  return ` by ${from === target ? "the target " : ""}${from} (${icmp})`;
}

/** A host answers for its ports from the address that was asked, or from another one of its own. */
function refuserHint({ check }: CheckSeen): string {
  return check.transport === "udp" ? ": a firewall, or another address of the target" : "";
}

function lifetimeMs(one: CheckSeen): number {
  const seen = one.observations.findLast((each) => each.connectedMs !== undefined);
  return seen?.connectedMs === undefined ? 0 : Math.max(1, Math.round(seen.endedMs - seen.connectedMs));
}

/** What a TLS alert says that came instead of the inner protocol. */
function alertDetail(one: CheckSeen): string {
  const seen = one.observations.findLast((each) => each.tls?.alert !== undefined);
  const alert = `alert ${seen?.tls?.alert ?? "unknown"}`;
  if (seen !== undefined && wantsClientCertificate(seen)) {
    return `TLS proven, inner protocol not asked: the peer wants a client certificate (${alert})`;
  }
  if (seen !== undefined && refusesOurCertificate(seen)) {
    return `TLS proven, inner protocol not asked: the peer refuses our client certificate (${alert})`;
  }
  if (seen?.phase === "tls") return `TLS answers, and refuses our handshake (${alert}): the service was not asked`;
  return `TLS works, but the peer ended it instead of answering (${alert})`;
}

function codeOf(one: CheckSeen): string {
  return one.observations.findLast((seen) => seen.code !== undefined)?.code ?? "no error code";
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
