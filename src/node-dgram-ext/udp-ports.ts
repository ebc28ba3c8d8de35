/** Many UDP ports that listen at once, on either backend: for whoever answers thousands of them. */
import type { Endpoint } from "./endpoint.ts";
import type { Arrival } from "./udp.ts";

export interface UdpPortsOptions {
  /** The address of ours at which the ports are bound. */
  readonly address: string;
  /** What of a datagram is kept; the rest of a longer one is lost. An answer may be as long. */
  readonly datagramBytes: number;
  /** The octet with DSCP and ECN of what is sent; the portable way refuses to bind with one (`ENOTSUP`). */
  readonly tos?: number;
  /** Whether the system is to tell how each datagram arrived. */
  readonly tellArrival?: boolean;
  /**
   * A datagram to one of the ports. What it gives is sent back from that port to the sender at once. The bytes are good
   * until it returns; it may release ports and close, and must not throw.
   */
  onDatagram(port: number, bytes: Uint8Array, from: Endpoint, arrival: Arrival): Uint8Array | undefined;
}

export interface UdpPorts {
  /** How many ports are bound. */
  readonly size: number;
  /**
   * Binds ports; gives those that could not be bound, with the system's word (`EADDRINUSE`, `EACCES`, `EMFILE`, ...).
   * When descriptors run out the rest is not tried, and has the same word. Ports of ours are left as they are.
   */
  bind(ports: Iterable<number>): Promise<ReadonlyMap<number, string>>;
  release(ports: Iterable<number>): void;
  /** Releases all of them, also those of a `bind` under way. */
  close(): void;
}

/** Throws SocketError when there is nothing to watch ports with. */
export type OpenUdpPorts = (options: UdpPortsOptions) => UdpPorts;

/** Words after which no other port can be bound either. */
export const OUT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
