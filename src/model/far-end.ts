/** The responder at the target, as the engine will see it. Nothing here throws for what a network does. */
import type { Direction, Transport } from "./words.ts";

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

/** What came of the far end's own sends: 1 for each port whose reply reached it. */
export interface FarEndSent {
  readonly answered: Uint8Array;
  /** 1 for each port to which its own side let nothing out. */
  readonly unsent: Uint8Array;
  readonly packets: number;
}

/** The far end was not started for a port that it was to send to. */
export interface FarEndRefused {
  readonly refused: string;
}

export interface FarEnd {
  /** Our own address as the far end sees it: another than ours behind NAT. */
  readonly seenAs: string;
  /** Ports that it can hold at once. */
  readonly portsMax: number;
  /** At most 16,384 ports. */
  bind(transport: Transport, ports: Uint16Array): Promise<PortsBound | FarEndLost>;
  /** Gives up every port of a transport. What arrived is known until the session ends. */
  release(transport: Transport): Promise<FarEndLost | undefined>;
  tokens(transport: Transport, direction: Direction, ports: Uint16Array): PortTokens;
  /** 1 for each port at which a request token arrived since it was bound. */
  arrived(transport: Transport, ports: Uint16Array): Promise<Uint8Array | FarEndLost>;
  /** Lets the far end send request tokens to ports of ours, from ports of its own that are fresh. */
  send(transport: Transport, ports: Uint16Array, pace: FarEndPace): Promise<FarEndSent | FarEndRefused | FarEndLost>;
  end(): Promise<void>;
}

export interface FarEndPace {
  /** How often a port that does not reply is asked; 1 to 5. */
  readonly attempts: number;
  /** New requests a second; 1 to 50,000. */
  readonly perSecond: number;
}
