/**
 * Observation and reading -> verdict: what a socket saw, as a state, a reason and a service state. The one table of
 * system error codes and ICMP codes of the project stands here.
 *
 * Over TCP `closed` means RST and nothing else, because no TCP stack answers a SYN with ICMP (RFC 9293 3.5.2). Over UDP
 * it means port-unreachable from the target itself. UDP silence is never more than `open|filtered`.
 */
import { type Icmp, type Observation, PEER_CLOSED } from "../model/observation.ts";
import type { Reading } from "../model/prober.ts";
import type { Verdict } from "../model/result.ts";
import type { Reason, ServiceState, State, Transport } from "../model/words.ts";

/** A reset or close this soon after an accept, before any byte, is a middle box's or an access list's doing. */
export const RST_AFTER_ACCEPT_MS = 300;

/** System error codes that mean the same over both transports and address families. */
const REASON_OF_ERRNO: Readonly<Record<string, Reason>> = {
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ETIMEDOUT: "no-response",
  EPERM: "local-egress-blocked",
  EMFILE: "no-resources",
  ENFILE: "no-resources",
  ENOBUFS: "no-resources",
  ENOMEM: "no-resources",
  EADDRINUSE: "no-resources",
  EADDRNOTAVAIL: "no-resources",
  ENETDOWN: "no-route",
  EAFNOSUPPORT: "no-route",
};

/** RFC 792 and RFC 1122 3.2.2.1: destination unreachable (type 3), by code. */
const REASON_OF_ICMP4: Readonly<Record<number, Reason>> = {
  0: "net-unreach",
  1: "host-unreach",
  3: "port-unreach",
  6: "net-unreach",
  7: "host-unreach",
  9: "admin-prohibited",
  10: "admin-prohibited",
  11: "net-unreach",
  12: "host-unreach",
  13: "admin-prohibited",
};

/** RFC 4443 3.1: destination unreachable (type 1), by code. */
const REASON_OF_ICMP6: Readonly<Record<number, Reason>> = {
  0: "net-unreach",
  1: "admin-prohibited",
  3: "host-unreach",
  4: "port-unreach",
  5: "admin-prohibited",
  6: "admin-prohibited",
};

const UNREACHABLE_TYPE = { v4: 3, v6: 1 };

/** What an ICMP error says; `unreachable` for every type and code without a word of its own. */
export function reasonOfIcmp(icmp: Icmp): Reason {
  const v6 = icmp.from.includes(":");
  if (icmp.type !== (v6 ? UNREACHABLE_TYPE.v6 : UNREACHABLE_TYPE.v4)) return "unreachable";
  return (v6 ? REASON_OF_ICMP6 : REASON_OF_ICMP4)[icmp.code] ?? "unreachable";
}

/** Codes for which a socket with an error queue shows the ICMP error. Without one, they are the routing table's. */
const UNREACHABLE_ERRNOS: ReadonlySet<string> = new Set(["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

/**
 * What a system error code says that came without an ICMP error; `errorQueue`: one would have been seen. A code that
 * the table does not know is `unclassified`, never a closed port.
 */
export function reasonOfErrno(code: string, transport: Transport, address: string, errorQueue = false): Reason {
  if (errorQueue) {
    if (UNREACHABLE_ERRNOS.has(code)) return "no-route";
    if (code === "EACCES") return "local-egress-blocked";
    // Only ICMP refuses a datagram, and whose this one was is lost.
    if (code === "ECONNREFUSED" && transport === "udp") return "unclassified";
  }
  if (code === "ECONNREFUSED") return transport === "tcp" ? "conn-refused" : "port-unreach";
  // Linux turns ICMPv6 "administratively prohibited" into EACCES; over IPv4 EACCES is our own side's refusal.
  if (code === "EACCES") return address.includes(":") ? "unreachable" : "local-egress-blocked";
  return REASON_OF_ERRNO[code] ?? "unclassified";
}

/** What a port of a range showed, where any accept or datagram counts and no protocol is spoken. */
export function reasonOfObservation(seen: Observation): Reason {
  if (seen.connectedMs !== undefined) return endedByPeerAtOnce(seen) ? "rst-after-accept" : "syn-ack";
  if (seen.remote.transport === "udp" && seen.repliedMs !== undefined) return "protocol-reply";
  return reasonOfSocket(seen);
}

/** The reason that the socket's own error gives; `no-response` when it had none. */
function reasonOfSocket(seen: Observation): Reason {
  if (seen.icmp !== undefined) return reasonBehindIcmp(seen.icmp, seen);
  if (seen.code !== undefined) {
    const { transport, address } = seen.remote;
    return reasonOfErrno(seen.code, transport, address, seen.errorQueue);
  }
  return "no-response";
}

/** Rule 3: an error that our own host sent is our own side, except that nobody answered ARP or neighbour discovery. */
function reasonBehindIcmp(icmp: Icmp, seen: Observation): Reason {
  const reason = reasonOfIcmp(icmp);
  const ownAddress = icmp.from === seen.local?.address && icmp.from !== seen.remote.address;
  return ownAddress && reason !== "host-unreach" ? "local-egress-blocked" : reason;
}

/** The state that a reason stands for. `sender` is the ICMP sender where it is known. */
export function stateOfReason(reason: Reason, transport: Transport, target: string, sender?: string): State {
  switch (reason) {
    case "syn-ack":
    case "protocol-reply":
    case "service-refusal":
    case "tls-alert":
    case "rst-after-accept":
    case "mismatch":
    case "answered-by-intermediary":
    case "accept-unreliable":
    case "responder-receipt":
      return "open";
    case "conn-refused":
      return "closed";
    case "port-unreach":
      return transport === "udp" && (sender === undefined || sender === target) ? "closed" : "filtered";
    case "admin-prohibited":
    case "host-unreach":
    case "net-unreach":
    case "unreachable":
      return "filtered";
    case "no-response":
      return transport === "udp" ? "open|filtered" : "filtered";
    case "responder-lost":
    case "local-egress-blocked":
    case "no-route":
    case "name-not-found":
    case "no-resources":
    case "not-due":
    case "unclassified":
      return "unknown";
  }
}

/** Who sent an ICMP error: a further address of the target counts as the one that was asked (rule 2). */
export function ownSender(from: string | undefined, target: string, further: readonly string[]): string | undefined {
  return from !== undefined && further.includes(from) ? target : from;
}

/** Whether a `closed` may be a firewall's reject, because type and sender of the error could not be seen (rule 3). */
export function isDoubted(state: State, errorQueue: boolean): boolean {
  return state === "closed" && !errorQueue;
}

/**
 * The verdict on a port whose service was asked. `observations` holds one entry for each connection or socket, in
 * order, and at least one; `further` are the target's further addresses.
 */
export function judge(
  observations: readonly Observation[],
  reading: Reading | undefined,
  further: readonly string[] = [],
): Verdict {
  const seen = decisive(observations);
  if (reading !== undefined) return verdictOfReading(reading);
  if (seen.connectedMs !== undefined) return verdictOfSilentConnection(seen);
  // Datagrams that the prober did not accept as a reply prove nothing: the socket's own error counts, or silence.
  const reason = reasonOfSocket(seen);
  const { transport, address } = seen.remote;
  const state = stateOfReason(reason, transport, address, ownSender(seen.icmp?.from, address, further));
  return {
    state,
    reason,
    service: state === "open|filtered" ? "silent" : "unchecked",
    ...(seen.icmp === undefined ? {} : { offender: seen.icmp }),
    ...(isDoubted(state, seen.errorQueue) ? { doubted: true } : {}),
  };
}

function verdictOfReading(reading: Reading): Verdict {
  switch (reading.service) {
    case "confirmed":
      return { state: "open", reason: "protocol-reply", service: "confirmed" };
    case "refused":
      return { state: "open", reason: "service-refusal", service: "refused" };
    case "mismatch":
      return { state: "open", reason: "mismatch", service: "mismatch" };
    case "intermediary":
      return { state: "open", reason: "answered-by-intermediary", service: "unchecked" };
    case "unchecked":
      return { state: "open", reason: "syn-ack", service: "unchecked" };
  }
}

/** OpenSSL's words for bytes that are no TLS record. An old TLS version is another word, and no other protocol. */
const NOT_TLS: ReadonlySet<string> = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);

const HANDSHAKE_FAILURE = 40;
/** None was shown, also where we had one that the peer's list of authorities left out. */
const CERTIFICATE_REQUIRED = 116;

/**
 * Alerts about a client's certificate (RFC 8446 section 6.2, RFC 5246 section 7.2.2), from a peer that was shown none:
 * bad, unsupported, revoked, expired, unknown, of an unknown authority, required.
 */
const CLIENT_CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 116]);

const HANDSHAKE_RECORD = 0x16;

/**
 * Whether the peer ended TLS because it wants a certificate of ours: only after a hello of its own, since seven bytes of
 * alert alone prove no TLS. In TLS 1.2 many say handshake_failure for it too (RFC 5246 section 7.4.6).
 */
export function wantsClientCertificate(seen: Observation): boolean {
  const { tls } = seen;
  if (tls?.alert === undefined || !saidHello(seen)) return false;
  if (tls.clientCertificate === true) return tls.alert === CERTIFICATE_REQUIRED;
  return tls.alert === HANDSHAKE_FAILURE || CLIENT_CERTIFICATE_ALERTS.has(tls.alert);
}

/** Whether the peer ended TLS because of the certificate that we showed. What else handshake_failure means is unknown. */
export function refusesOurCertificate(seen: Observation): boolean {
  const { tls } = seen;
  if (tls?.alert === undefined || tls.clientCertificate !== true || !saidHello(seen)) return false;
  return tls.alert !== CERTIFICATE_REQUIRED && CLIENT_CERTIFICATE_ALERTS.has(tls.alert);
}

/** Once the handshake is finished its first bytes are no longer kept. */
function saidHello({ firstBytes, phase }: Observation): boolean {
  return phase !== "tls" || firstBytes?.[0] === HANDSHAKE_RECORD;
}

/** Rule 5: only a peer that wants another client's certificate has proven all that can be asked without one. */
function serviceBehindAlert(seen: Observation): ServiceState {
  if (wantsClientCertificate(seen) || refusesOurCertificate(seen)) return "refused";
  return seen.phase === "tls" ? "unchecked" : "silent";
}

/** A TCP connection was accepted and nothing was understood. */
function verdictOfSilentConnection(seen: Observation): Verdict {
  if (seen.tls?.alert !== undefined) return { state: "open", reason: "tls-alert", service: serviceBehindAlert(seen) };
  if (seen.phase === "tls" && NOT_TLS.has(seen.code ?? ""))
    return { state: "open", reason: "mismatch", service: "mismatch" };
  return { state: "open", reason: endedByPeerAtOnce(seen) ? "rst-after-accept" : "no-response", service: "silent" };
}

function endedByPeerAtOnce(seen: Observation): boolean {
  if (seen.connectedMs === undefined || seen.repliedMs !== undefined) return false;
  const byPeer = seen.code === PEER_CLOSED || seen.code === "ECONNRESET" || seen.code === "EPIPE";
  return byPeer && seen.endedMs - seen.connectedMs <= RST_AFTER_ACCEPT_MS;
}

/** The connection that came furthest, the latest of those. */
function decisive(observations: readonly Observation[]): Observation {
  return observations.findLast((seen) => seen.connectedMs !== undefined) ?? observations.at(-1)!;
}
