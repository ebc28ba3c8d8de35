/** What the asking side of an exchange is given and gives; the far end asks like this too when it is told to send. */
import type { Sockets } from "#node-dgram-ext";
import type { FarEndPace, PortError } from "../model/far-end.ts";
import type { World } from "../model/prober.ts";
import type { PortTokens } from "./answers.ts";

export interface Question extends FarEndPace {
  /** Our own address, and the one that is asked. */
  readonly source: string;
  readonly address: string;
  readonly ports: Uint16Array;
  readonly tokens: PortTokens;
  /** How long a reply takes, as far as is known. */
  readonly rttMs: number;
  /** Whether a port of ours may be sent from. */
  mayUse(port: number): boolean;
  /**
   * Called when every port was asked, while replies are still heard. True: some are still to be expected, because
   * their requests arrived.
   */
  whenAsked?(answered: Uint8Array): Promise<boolean>;
}

export interface Asked {
  /** 1 for each port whose reply came back. */
  readonly answered: Uint8Array;
  /** 1 for each port to which our own side (its firewall, its routes) let nothing out when it was asked last. */
  readonly unsent: Uint8Array;
  /** By port, the last error that came for it. */
  readonly errors: ReadonlyMap<number, PortError>;
  /** Datagrams or handshakes that left. */
  readonly packets: number;
}

export interface AskParts {
  readonly world: Pick<World, "monotonicMs" | "sleep">;
  readonly sockets: Pick<Sockets, "openUdp" | "connectTcp">;
}

export type Ask = (question: Question, parts: AskParts, signal: AbortSignal) => Promise<Asked>;
