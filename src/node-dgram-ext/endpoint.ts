/** Addresses and ports, and what can go wrong with a socket: the words of the module, whatever serves them. */

/** An IP address and a port. A link-local IPv6 address carries its zone: `fe80::1%eth0`. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** An ICMP or ICMPv6 error, by the numbers of RFC 792 and RFC 4443, and the address of the machine that sent it. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  readonly from: string;
}

/** Why a socket could not do what was asked of it. */
export interface SocketFailure {
  /** The system's word, for instance `ECONNREFUSED`; `ABORT_ERR` when the caller's signal ended it. */
  readonly code: string;
  readonly syscall: Syscall;
  /** The ICMP error behind the code. Absent: none came, or the platform does not tell. */
  readonly icmp?: IcmpError;
}

export type Syscall = "socket" | "bind" | "connect" | "send" | "receive";
