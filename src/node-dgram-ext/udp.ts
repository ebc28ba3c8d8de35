/** What a UDP socket takes and gives, on either backend. */
import type { Endpoint, SocketFailure } from "./endpoint.ts";
import type { SocketOptions } from "./socket.ts";

export interface UdpOptions extends SocketOptions {
  /** Of the socket; the peer's, where there is one. */
  readonly family: 4 | 6;
  /** The only peer: the socket is connected, hears nobody else and its `send` needs no address. */
  readonly remote?: Endpoint;
  /** Whether the system is to tell how each datagram arrived. */
  readonly tellArrival?: boolean;
  onDatagram(bytes: Uint8Array, from: Endpoint, arrival: Arrival): void;
  /** Never during a call of `send`. The socket stays usable. */
  onError(error: UdpError): void;
}

/** How a datagram arrived, as far as it was asked for and the system tells. */
export interface Arrival {
  /** The octet that holds DSCP (its upper six bits) and ECN, as it came off the network. */
  readonly tos?: number;
  /** How long the datagram lay in the system's buffer before it was read. */
  readonly waitedMs?: number;
}

/** Nothing is told of how it arrived. */
export const UNTOLD: Arrival = {};

export interface UdpError extends SocketFailure {
  /** Where the datagram was going that caused the error, when the system tells. */
  readonly to?: Endpoint;
}

export interface UdpSocket {
  readonly local: Endpoint;
  /** True: `onError` tells of every ICMP error, with type, code and sender. */
  readonly errorQueue: boolean;
  /** Sends one datagram; what prevents it is told to `onError`. */
  send(bytes: Uint8Array, to?: Endpoint): void;
  close(): void;
}

export interface UdpFailed extends SocketFailure {
  readonly local?: undefined;
  readonly errorQueue: boolean;
}

export type OpenUdp = (options: UdpOptions) => Promise<UdpSocket | UdpFailed>;
