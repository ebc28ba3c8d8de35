/** What the engine is given. cli/parts.ts puts the real parts together; tests and the demo hand in others. */
import type { Tls } from "./check.ts";
import type { FarEnd, NoFarEnd } from "./far-end.ts";
import type { HandshakeRead, Observation, SweepJob, SweepSeen } from "./observation.ts";
import type { Endpoint } from "./ports.ts";
import type { Connection, Prober, World } from "./prober.ts";

/** The network as the engine sees it. Nothing here throws for what a network does: failures are observations. */
export interface Net {
  /** Every address of a name, IPv6 and IPv4, in the resolver's order; empty when it has none. */
  resolve(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Asks the routing table only, sends nothing: our own address on the way there, or why there is no way. */
  route(address: string, source?: string): Promise<{ readonly source?: string; readonly code?: string }>;
  /** Connects; an abort of the signal ends the attempt or the connection, whichever is there. */
  tcp(to: Endpoint, how: TcpOptions, signal: AbortSignal): Promise<TcpAttempt>;
  udp(to: Endpoint, how: UdpOptions, signal: AbortSignal): Promise<UdpAttempt>;
}

export interface TcpOptions {
  readonly source?: string;
  readonly sourcePort?: number;
  readonly tls?: Tls;
  /**
   * The bytes behind `Tls.clientCertificate`, or undefined where they must not be used now; asked when a handshake
   * begins, on this connection or later by startTls.
   */
  identity?(name: string): Uint8Array | undefined;
}

export interface TcpAttempt {
  readonly connection?: Connection;
  seen(): Observation;
  /** Makes a handshake that a prober read by itself part of the observation. */
  noteHandshake(read: HandshakeRead): void;
  /** Ends it: FIN first, then RST after a grace period. */
  close(): void;
}

export interface UdpOptions {
  readonly source?: string;
  readonly sourcePort?: number;
  /** `same`: a connected socket, which hears ICMP errors. `any`: unconnected, which hears every sender. */
  readonly replyFrom: "same" | "any";
  onDatagram(bytes: Uint8Array, from: Endpoint, atMs: number): void;
}

export interface UdpAttempt {
  /** Undefined when the socket could not be bound. */
  readonly local?: Endpoint;
  send(bytes: Uint8Array): void;
  /** Resolves when the socket failed (an ICMP error came, or our own side refused) or was closed. */
  readonly ended: Promise<void>;
  seen(): Observation;
  close(): void;
}

export interface Sweeper {
  /** `remainingMs`: how long the sweep will still take, where that can be told. */
  sweep(
    job: SweepJob,
    onProgress: (portsDone: number, remainingMs?: number) => void,
    signal: AbortSignal,
  ): Promise<SweepSeen>;
  /**
   * The hops that the answers of TCP ports have left (IP time to live), by port: each is sent one SYN, and no handshake
   * is completed. Absent where this machine cannot see that.
   */
  hopLimits?(asked: HopLimitAsk, signal: AbortSignal): Promise<ReadonlyMap<number, number>>;
}

export interface HopLimitAsk {
  readonly address: string;
  readonly source?: string;
  readonly ports: readonly number[];
  /** How long an answer may take. */
  readonly replyTimeoutMs: number;
}

/** When a port was last asked; in memory by hand, on disk in the agent. */
export interface Ledger {
  lastWallMs(key: string): number | undefined;
  note(key: string, wallMs: number): void;
}

export interface Parts {
  readonly prober: (id: string) => Promise<Prober>;
  readonly net: Net;
  readonly sweeper: Sweeper;
  readonly world: World;
  readonly ledger: Ledger;
  /** Opens a session with the responder at an address of a host; undefined where none was named for that host. */
  readonly farEnd?: (host: string, address: string, signal: AbortSignal) => Promise<FarEnd | NoFarEnd | undefined>;
}
