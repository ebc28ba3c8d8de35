/**
 * What was seen: written by net/ and sweep/, read by verdict/. Raw facts, no interpretation. All times are
 * milliseconds on the run's monotonic clock.
 */
import type { Evidence } from "./evidence.ts";
import type { Endpoint } from "./ports.ts";
import type { Direction, LostWay, Reason, State, Transport } from "./words.ts";

/** One certificate chain and handshake as seen, also when verification failed. */
export interface TlsSeen {
  /** As OpenSSL writes it: `TLSv1.3`. */
  readonly version?: string;
  readonly cipher?: string;
  /** The application protocol that the peer chose (RFC 7301). */
  readonly applicationProtocol?: string;
  /** The peer sent an OCSP response about its certificate (RFC 6066 section 8). */
  readonly ocspStapled?: true;
  /** We had a certificate of our own to show, should the peer ask for one. */
  readonly clientCertificate?: true;
  /** The peer's alert description (RFC 8446 section 6), when it sent one. */
  readonly alert?: number;
  /** OpenSSL's verification code, for instance `CERT_HAS_EXPIRED`; absent when the chain verified. */
  readonly verifyError?: string;
  /** The name that the certificate was held against, whether the chain verified or not, and whether it bears it. */
  readonly serverName?: string;
  readonly nameMatches?: boolean;
  /** The name of the certificate that matched, for instance `*.example.com`. */
  readonly matchedName?: string;
  /** Leaf first: subject, issuer, names, notBefore, notAfter (ISO 8601), sha256. A reader with a wall clock counts days. */
  readonly chain: readonly Evidence[];
}

/** `verifyError` of a chain that was read in clear: nobody proved to hold its key. */
export const UNFINISHED_HANDSHAKE = "UNFINISHED_HANDSHAKE";

/** What a prober read of a handshake that it began by itself, over a connection in clear. */
export interface HandshakeRead {
  readonly serverName: string;
  readonly version?: string;
  readonly cipher?: string;
  /** The peer's alert description, when it sent one. */
  readonly alert?: number;
  /** The chain in DER, leaf first. */
  readonly certificates: readonly Uint8Array[];
}

/** An ICMP or ICMPv6 error and who sent it. */
export interface Icmp {
  readonly type: number;
  readonly code: number;
  readonly from: string;
}

/** One socket's life. */
export interface Observation {
  readonly remote: Endpoint;
  readonly local?: Endpoint;
  /** How far it came. `done`: the exchange ended by our own close, with or without a reply. */
  readonly phase: "bind" | "connect" | "tls" | "exchange" | "done";
  readonly startedMs: number;
  /** TCP: when the handshake completed. */
  readonly connectedMs?: number;
  /** Every send, resends included. */
  readonly sentMs: readonly number[];
  /** First byte or datagram from the peer. */
  readonly repliedMs?: number;
  readonly endedMs: number;
  /** The system's error code, for instance `ECONNREFUSED`, or one of the codes below; none where our own side ended it. */
  readonly code?: string;
  readonly icmp?: Icmp;
  /** False: ICMP type, code and sender cannot be seen here, so ECONNREFUSED may be a firewall's reject. */
  readonly errorQueue: boolean;
  /** The first bytes from the peer, at most 256. */
  readonly firstBytes?: Uint8Array;
  readonly tls?: TlsSeen;
  /** What the far end's responder says it received. */
  readonly arrived?: { readonly request: boolean; readonly reply: boolean };
}

/** `code` of an observation whose peer closed the connection in good order. */
export const PEER_CLOSED = "PEER-CLOSED";

/** `code` of an observation that we ended because the peer sent more than the protocol allows. */
export const TOO_LONG = "TOO-LONG";

/** ICMP errors that an address may send us now, and how many more each second. */
export interface IcmpAllowance {
  readonly tokens: number;
  readonly perS: number;
}

/** A range to ask, as data that crosses to a worker: no callback. */
export interface SweepJob {
  readonly transport: Transport;
  readonly direction: Direction;
  readonly address: string;
  readonly source?: string;
  readonly ports: Uint16Array;
  /** Sent to each UDP port; empty means an empty datagram. TCP sends nothing. */
  readonly payload: Uint8Array;
  /** Upper bound of new flows a second. */
  readonly ratePerS: number;
  /** How often a silent port is asked before it is called silent. */
  readonly attempts: number;
  /** ICMP errors that the target may still send us now, and how many more each second (RFC 1812 4.3.2.8). */
  readonly icmpBudget: IcmpAllowance;
  /** How long an answer may take after a send. */
  readonly replyTimeoutMs: number;
  /** Ask about so many of the ports, spread over all of them; the code of the others stays 0. Absent: all. */
  readonly sample?: number;
}

/** One code a port, in the order of `SweepJob.ports`: 0 is "not asked", n is `REASONS[n - 1]`. */
export interface SweepSeen {
  readonly codes: Uint8Array;
  /** 1-based index into `offenders`, 0 for none; one a port. */
  readonly offenderOf: Uint16Array;
  /** The hops that a TCP port's answer had left (IP time to live), 0 where that was not seen; one a port. */
  readonly hopLimitOf?: Uint8Array;
  readonly offenders: readonly Icmp[];
  readonly errorQueue: boolean;
  /** Packets that left, resends included. */
  readonly sent: number;
  readonly source?: string;
  /**
   * 1 for a silent UDP port that was asked while a control port of the range was still answered: its silence is not our
   * own haste. Absent: no control was asked.
   */
  readonly confirmed?: Uint8Array;
  /** What the target may still send us, as the sweep learned it. */
  readonly icmpBudget?: IcmpAllowance;
  /** The ports that were drawn, ends first and last; others were asked to find where a block begins and ends. */
  readonly sample?: Uint16Array;
}

/** Ports of a range that were seen alike: what verdict/ makes of a SweepSeen. */
export interface PortGroup {
  readonly state: State;
  readonly reason: Reason;
  readonly offender?: Icmp;
  /** A silence over UDP that is not our own haste: a port that is known to answer still did. */
  readonly confirmed?: boolean;
  /** The far end held these ports, and this did not come through. */
  readonly lost?: LostWay;
  /** Nothing arrived at the far end, and yet a connection stood or something came back. */
  readonly intercepted?: true;
  /** The hops that the answers of an open or closed TCP port had left, where they were seen. */
  readonly hopLimit?: number;
  readonly ports: readonly number[];
}
