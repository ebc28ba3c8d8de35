/** What a UDP socket takes and gives, on either backend. */
import type { Endpoint, SocketFailure } from "./endpoint.ts";
import type { SocketOptions } from "./socket.ts";

export interface UdpOptions extends SocketOptions {
  /** Of the socket; the peer's, where there is one. */
  readonly family: 4 | 6;
  /** The only peer: the socket is connected, hears nobody else and its `send` needs no address. */
  readonly remote?: Endpoint;
  onDatagram(bytes: Uint8Array, from: Endpoint): void;
  /** Never during a call of `send`. The socket stays usable. */
  onError(error: UdpError): void;
}

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
