/** What the far end answers to each message of a session. */
import type { PortError } from "../model/far-end.ts";

/** 32 bytes a port, in the order of the ports that were asked for. */
export interface PortTokens {
  /** Sent to the port. */
  readonly request: Uint8Array;
  /** Sent back from it. */
  readonly reply: Uint8Array;
}

/** What became of the ports that the far end was to bind; each port is in one of these. */
export interface PortsBound {
  readonly bound: Uint16Array;
  /** Another program listens there: its row's own prober has to ask. */
  readonly inUse: Uint16Array;
  /** Another prober's session holds it now. */
  readonly busy: Uint16Array;
  /** The far end was not started for it. */
  readonly notListed: Uint16Array;
  /** Below 1024, and the far end may not (CAP_NET_BIND_SERVICE). */
  readonly notPermitted: Uint16Array;
  /** More than it can hold at once: release, and ask again. */
  readonly noResources: Uint16Array;
}

/** The far end is gone, or no longer does what it is asked. Not a fact about any port. */
export interface FarEndLost {
  readonly lost: string;
}

/** What reached ports of the far end since they were bound: 1 for each of those. */
export interface FarEndArrivals {
  /** From where it hears us: a request token. */
  readonly arrived: Uint8Array;
  /** From another address: a request token of ours, or over TCP a connection of whomever. */
  readonly elsewhere: Uint8Array;
}

/** What came of the far end's own sends: 1 for each port whose reply reached it. */
export interface FarEndSent {
  readonly answered: Uint8Array;
  /** 1 for each port to which its own side let nothing out. */
  readonly unsent: Uint8Array;
  /** 1 for each port that it could send to only over the mirror of an earlier flow, and did not. */
  readonly mirrored: Uint8Array;
  /** The ICMP error or the reset that came for ports which did not reply. */
  readonly errors: ReadonlyMap<number, PortError>;
  /** The far end was not started for these, and sent nothing there. */
  readonly notListed: Uint16Array;
  readonly packets: number;
}
