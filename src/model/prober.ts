/**
 * How a port is asked. There are three kinds of prober; none opens a socket, none gives a State or an Outcome:
 * the engine owns sockets, deadlines and retries, verdict/ owns the meaning.
 */
import type { Tls } from "./check.ts";
import type { Evidence } from "./evidence.ts";
import type { HandshakeRead, Observation, TlsSeen } from "./observation.ts";
import type { Endpoint } from "./ports.ts";
import type { Silence, Transport } from "./words.ts";

/** Time, chance and secrets, handed in so that tests can hold them still. */
export interface World {
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC. */
  wallMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  randomBytes(length: number): Uint8Array;
  /**
   * A named secret, or undefined. Of a prober's world: undefined also where the secret must not be sent now, and a
   * secret that was given counts as sent.
   */
  secret(name: string): Secret | undefined;
}

/** What nobody else may know: never logged, never in a report. */
export interface Secret {
  /** Never empty. */
  readonly bytes: Uint8Array;
  /** Another one when the secret may have changed. */
  readonly version: string;
}

/** Limits that keep a probe from doing harm; kept by the engine through the ledger. */
export interface Manners {
  /** Least time between two transactions per prober, transport, address and port; 0 for none. Resends are free. */
  readonly minIntervalMs: number;
}

/** One parameter that a profile may set for a prober; profile/ derives validation, schema and help from it. */
export interface ParamSpec {
  /** `secret`: the name of a secret; at most one parameter of a prober, and only inside TLS, or see `sentInClear`. */
  readonly type: "string" | "integer" | "boolean" | "secret";
  readonly about: string;
  /** The prober cannot do without it. */
  readonly required?: true;
  /** For strings: the only ones that it takes. */
  readonly values?: readonly [string, ...string[]];
  /** For strings: at most this many characters; for secrets: so many bytes behind the name (default 255). */
  readonly maxLength?: number;
  /** For booleans: when true the prober begins TLS inside the protocol, and the row's `tls` says how. */
  readonly startsTls?: true;
  /** For secrets: the protocol has no other way than to send it where anybody on the path can read it. */
  readonly sentInClear?: true;
  /** Another parameter without which this one is nothing. */
  readonly needs?: string;
  /** A value to show; `explain` builds the first message with it. */
  readonly example?: string | number | boolean;
}

/** What `unity-probe explain` and docs/probers/ say about a prober. */
export interface About {
  /** The protocol's usual name, for instance `NTP`. */
  readonly protocol: string;
  /** The exchange, for instance `NTP client request`. */
  readonly title: string;
  readonly sends: string;
  readonly accepts: string;
  readonly proves: string;
  /** What it may trigger at the far end: log lines, alarms, lock-outs. */
  readonly triggers: string;
  /** RFC or MS-* documents with sections. */
  readonly specification: readonly string[];
}

interface ProberHead {
  /** Equals the file name and the word in YAML. */
  readonly id: string;
  readonly transports: readonly Transport[];
  /** The protocol does not exist over IPv6: rows are skipped at such an address. */
  readonly ipv4Only?: true;
  /** It speaks inside TLS always: its rows say how, with `tls`. */
  readonly needsTls?: true;
  /** Default for rows that do not say; `fail` only where the protocol must answer what was asked. */
  readonly silence: Silence;
  readonly manners: Manners;
  readonly params: Readonly<Record<string, ParamSpec>>;
  /** Facts that another check of the same host may learn, waited for at most 500 ms: none where the row settles them. */
  wants?(params: Evidence, host: string): readonly string[];
  readonly about: About;
}

/** What a prober is told about the target. */
export interface Ask {
  readonly host: string;
  readonly remote: Endpoint;
  /** The row's TLS wish, if it has one. */
  readonly tls?: Tls;
  /** The facts of `wants` that are known by now. */
  readonly learned: Evidence;
  readonly world: World;
}

/** One transaction: a request, perhaps resent, and the bytes that answer it. */
export interface Oneshot<P> extends ProberHead {
  readonly kind: "oneshot";
  readonly schedule: Schedule;
  /** The socket is bound before this is called, because SIP's Via names the local port. */
  start(params: P, ask: Ask, local: Endpoint): Transaction;
  /** Held over TCP in place of the transaction, where one request on one connection is not enough. */
  readonly conversation?: Conversation<P>;
}

export interface Schedule {
  /** When each send happens, after the start; TCP sends only the first. */
  readonly sendsAtMs: readonly number[];
  /** The whole transaction ends here. */
  readonly giveUpMs: number;
  /** `any`: also a reply from another address or port counts (multi-homed hosts), if the prober accepts it. */
  readonly replyFrom: "same" | "any";
}

export interface Transaction {
  /** Bytes of send number 0, 1, ...; undefined when the server speaks first. */
  request(send: number): Uint8Array | undefined;
  /** TCP: all bytes so far. UDP: one datagram. */
  read(bytes: Uint8Array, from: Endpoint, atMs: number): Read;
}

/** No field: incomplete, or not ours; keep waiting. `soFar` stands if nothing better comes. */
export interface Read {
  readonly final?: Reading;
  readonly soFar?: Reading;
  /** With `final`: sent once, before the socket closes, to undo what the request brought about at the far end. */
  readonly undo?: Uint8Array;
}

/** TCP only. */
export interface Dialogue<P> extends ProberHead, Conversation<P> {
  readonly kind: "dialogue";
}

/** Several turns, perhaps several connections (StartTLS, SMB1, legacy hello). */
export interface Conversation<P> {
  readonly giveUpMs: number;
  /** The most that it ever sends; printed by `plan`, held by the conformance suite. */
  readonly cost: { readonly packets: number; readonly bytes: number };
  run(params: P, ask: Ask & Dialer): Promise<Reading | undefined>;
}

export interface Dialer {
  /** A connection to the same endpoint; undefined when it failed, and the observation says how. */
  connect(how?: { readonly tls?: Tls }): Promise<Connection | undefined>;
  /** What the latest connection has seen so far, also one that failed; undefined before the first. */
  latest(): Observation | undefined;
  /** Makes a handshake that the prober read by itself on the latest connection part of what was seen. */
  noteHandshake(read: HandshakeRead): void;
}

/** An open connection. Undefined from `receive` or `startTls` means that it ended; the observation says how. */
export interface Connection {
  readonly local: Endpoint;
  readonly tls?: TlsSeen;
  send(bytes: Uint8Array): void;
  /**
   * The next whole frame. `frameLength` gives the length of the frame at the head of the buffer, or undefined while
   * that cannot be known yet. A frame or buffer above `capBytes` ends the connection.
   */
  receive(frameLength: (buffered: Uint8Array) => number | undefined, capBytes: number): Promise<Uint8Array | undefined>;
  /** Bytes received but not yet taken by `receive`. */
  pending(): Uint8Array;
  startTls(tls: Tls): Promise<TlsSeen | undefined>;
}

/** What a sweep is told about its range. */
export interface SweepAsk extends Ask {
  /** Its ports carry media: a stray packet may disturb a live call. */
  readonly media: boolean;
}

/** Names the payload of a range; the sweeper does the rest. */
export interface Sweep<P> extends ProberHead {
  readonly kind: "sweep";
  payload(params: P, ask: SweepAsk): Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: a prober's parameters are its own business; the registry cannot name them.
export type Prober = Oneshot<any> | Dialogue<any> | Sweep<any>;

/**
 * What a prober understood. `intermediary`: a hop on the way answered, not the target. `unchecked`: the port accepts,
 * and nothing was asked of the row's service.
 */
export interface Reading {
  readonly service: "confirmed" | "refused" | "mismatch" | "intermediary" | "unchecked";
  /** One line for the matrix, for instance `stratum 3, offset +0.02 s`. */
  readonly detail: string;
  readonly evidence: Evidence;
  readonly warnings?: readonly string[];
  /** The far end refused the secret that it was sent: nobody sends it again until it changes. */
  readonly secretRefused?: true;
  /** Facts for other checks of this host. */
  readonly learned?: Evidence;
  readonly leads?: readonly Lead[];
}

/** An endpoint that a reply announces. No address: the host that was asked, always. */
export interface Lead {
  readonly transport: Transport;
  readonly port: number;
  readonly prober: string;
  readonly params: Evidence;
  /** The service behind it by name, for instance `DRSUAPI`. */
  readonly service: string;
  readonly why: string;
}
