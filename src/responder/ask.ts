/** What the asking side of an exchange is given and gives; the far end asks like this too when it is told to send. */
import type { Sockets } from "#node-dgram-ext";
import type { PortError } from "../model/far-end.ts";
import type { World } from "../model/prober.ts";
import type { PortTokens } from "./answers.ts";
import type { Line } from "./line.ts";

/** How often a port of ours is taken that may be sent from. */
export const SOURCE_TRIES = 8;

export interface Question {
  /** Our own address, and the one that is asked. */
  readonly source: string;
  readonly address: string;
  readonly ports: Uint16Array;
  readonly tokens: PortTokens;
  /** How long a reply takes, as far as is known. */
  readonly rttMs: number;
  /** How often a port that does not reply is asked, where no packet seems to be lost by chance. */
  readonly attempts: number;
  readonly line: Line;
  /** Whether a port of ours may be sent from to that port: none over which a firewall may take us for an earlier flow. */
  mayUse(own: number, to: number): boolean;
  /** A port of ours that may be sent from, where the system's own choice may not; undefined where there is none. */
  drawPort?(): number | undefined;
  /** Told of all ports that have replied, before others are asked again: nothing more is sent to those. */
  replied?(ports: Uint16Array): void;
  /**
   * Asks the other side at which ports a request has arrived: 1 for each of those. It has replied to all of them when it
   * answers. Undefined when it is lost. Absent where nobody can be asked.
   */
  arrivals?(): Promise<Uint8Array | undefined>;
}

export interface Asked {
  /** 1 for each port whose reply came back. */
  readonly answered: Uint8Array;
  /** What `arrivals` said last; undefined when it was not asked, because all replied or the signal aborted, or is lost. */
  readonly arrived?: Uint8Array;
  /** 1 for each port to which our own side (its firewall, its routes) let nothing out when it was asked last. */
  readonly unsent: Uint8Array;
  /** 1 for each port that could be asked only over the mirror of an earlier flow, and was not: nothing is known of it. */
  readonly mirrored: Uint8Array;
  /** 1 for each port at which a connection stood, or something came back, that was not the other side's reply. */
  readonly met: Uint8Array;
  /** By port, the last error that came for it. */
  readonly errors: ReadonlyMap<number, PortError>;
  /** Datagrams or handshakes that left. */
  readonly packets: number;
  /** Why there was no socket to ask from, as the system says it; nothing was asked then. */
  readonly failed?: string;
}

export interface AskParts {
  readonly world: Pick<World, "monotonicMs" | "sleep">;
  readonly sockets: Pick<Sockets, "openUdp" | "connectTcp" | "bulk" | "features">;
}

export type Ask = (question: Question, parts: AskParts, signal: AbortSignal) => Promise<Asked>;
