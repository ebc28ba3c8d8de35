/** What connecting over TCP takes and gives, on either backend. */
import type { Socket } from "node:net";
import type { Endpoint, SocketFailure } from "./endpoint.ts";
import type { SocketOptions } from "./socket.ts";

export interface TcpOptions extends SocketOptions, Endpoint {
  /** Ends the attempt. A connection that stands is the caller's own. */
  readonly signal?: AbortSignal;
}

export interface TcpConnected {
  /** A socket of Node's. Data may arrive as soon as somebody listens. */
  readonly socket: Socket;
  readonly local: Endpoint;
  /** True: an ICMP error would have been seen while it was made. */
  readonly errorQueue: boolean;
}

export interface TcpFailed extends SocketFailure {
  readonly socket?: undefined;
  /** Our own end, once the system had chosen it. */
  readonly local?: Endpoint;
  /** True: an ICMP error would have been seen, so that ECONNREFUSED without one is a reset. */
  readonly errorQueue: boolean;
}

export type TcpResult = TcpConnected | TcpFailed;

export type ConnectTcp = (options: TcpOptions) => Promise<TcpResult>;

/** The code of an attempt that the caller's signal ended: Node's own word for it. */
export const ABORTED = "ABORT_ERR";
