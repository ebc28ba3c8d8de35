/** The responder at the target, as the engine sees it. Nothing here throws for what a network does. */
import type { MediaSeen, NoStream, StreamAsk, StreamSeen } from "./media-stream.ts";
import type { Icmp } from "./observation.ts";
import type { Direction, Transport } from "./words.ts";

/** One session with the far end at one address. */
export interface FarEnd {
  /** Our own address as the far end sees it: another than ours behind NAT. Absent where it cannot be asked. */
  readonly seenAs?: string;
  /** Our own address on the way there. */
  readonly local: string;
  /** Whether ICMP errors are seen while ports of it are asked, with type, code and sender. */
  readonly errorQueue: Readonly<Record<Transport, boolean>>;
  /**
   * Exchanges tokens with ports of the far end (`out`) or lets it do so with ports of ours (`in`). One call at a time for
   * each transport and direction.
   */
  prove(ask: ProofAsk, signal: AbortSignal): Promise<Proof>;
  /** A short stream to a port of the far end that nobody holds. Absent: streams cannot be announced to it. */
  stream?(ask: StreamAsk, signal: AbortSignal): Promise<StreamSeen | NoStream>;
  /** Ends the session; the far end frees its ports. */
  end(): Promise<void>;
}

/** Why there is no session, in words for the user. */
export interface NoFarEnd {
  /**
   * `unreachable`: no connection to the control port. `not-authenticated`: one of the two has not the key, or it is no
   * responder. `refused`: it has the key, and says no. `lost`: it ended the connection before the session began.
   */
  readonly failure: "unreachable" | "not-authenticated" | "refused" | "lost";
  readonly detail: string;
}

export interface ProofAsk {
  readonly direction: Direction;
  readonly transport: Transport;
  /** Each port once. */
  readonly ports: Uint16Array;
  readonly pace: FarEndPace;
}

export interface FarEndPace {
  /** How often a port that does not reply is asked, at least 1. A far end that sends takes 5 at most. */
  readonly attempts: number;
  /** New requests a second; 1 to 1,000,000. */
  readonly perSecond: number;
}

/**
 * What became of a port. `open`: request and reply came through. `request-lost`: nothing arrived. `reply-lost`: it
 * arrived, and what was sent back did not. `not-sent`: the asking side's own firewall or routes let nothing out. Of the
 * others nothing is known.
 */
export type Fate = "open" | "request-lost" | "reply-lost" | "not-sent" | Unknown;

/**
 * `in-use`: another program holds the port. `busy`: another prober's session does. `not-listed`: the far end was not
 * started for it. `not-permitted`: below 1024, and the one that was to bind it may not. `no-resources`: nothing was left
 * to bind it with, or to ask it with. `mirrored`: it could be asked only over the mirror of an earlier flow, which a
 * stateful firewall lets through. `elsewhere`: it was reached from an address that the far end does not hear. `silent`:
 * it was asked, no reply came, and the far end cannot be asked why.
 */
type Unknown =
  | "in-use"
  | "busy"
  | "not-listed"
  | "not-permitted"
  | "no-resources"
  | "mirrored"
  | "elsewhere"
  | "silent";

/** An ICMP error, a reset or an error code of our own side, that came for a port while it was asked. */
export interface PortError {
  readonly code: string;
  readonly icmp?: Icmp;
}

/** What the far end at an address told of a check. */
export interface FarEndTold {
  /** Our own address, here and as it sees it. */
  readonly local?: string;
  readonly seenAs?: string;
  /** Why there was no session. */
  readonly none?: NoFarEnd;
  /** Why the session ended too early. */
  readonly lost?: string;
  /** Ports that it could not prove, by what hindered it; they are asked as without a far end. */
  readonly unproven?: Readonly<Partial<Record<Unproven, readonly number[]>>>;
  /** What streams to its ports showed. */
  readonly media?: MediaSeen;
}

/** Why nothing is known of a port; `own-port`: the row is asked from a port of ours, and tokens are not. */
export type Unproven = Unknown | "own-port";

/** What is known of the ports. */
export interface Proof {
  /** A port that is not in it was not decided: the far end was lost before, or the signal aborted. */
  readonly fates: ReadonlyMap<number, Fate>;
  /** The last error of each port that had one, also of one that answered in the end. */
  readonly errors: ReadonlyMap<number, PortError>;
  /** Ports at which a connection stood or something came back, and not from the far end. */
  readonly intercepted?: ReadonlySet<number>;
  /** Why the far end is of no more use. Not a fact about any port. */
  readonly lost?: string;
  /** Datagrams or handshakes that left, of whoever asked. */
  readonly packets: number;
}
