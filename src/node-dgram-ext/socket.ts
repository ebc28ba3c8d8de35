/** Sockets by system call: opened with their options and bound, asked for their end of it, closed. */
import type { Endpoint } from "./endpoint.ts";
import { LENGTH_AT, type Native } from "./native.ts";
import { domainOf, type Family, readSocketAddress, wildcardOf, writeSocketAddress } from "./socket-address.ts";
import { SocketError } from "./socket-error.ts";
import {
  EINVAL,
  IP_BIND_ADDRESS_NO_PORT,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_RECVERR,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOCKET_ADDRESS_BYTES,
  SOL_SOCKET,
} from "./sys.ts";

/** What may be set on any socket before it is used. */
export interface SocketOptions {
  /** Our own address; the route chooses when absent. */
  readonly source?: string;
  readonly sourcePort?: number;
  /** Hops that a packet may take: IP time to live, IPv6 hop limit. */
  readonly ttl?: number;
  /** The octet that holds DSCP (its upper six bits) and ECN: IP type of service, IPv6 traffic class. */
  readonly tos?: number;
  /** Bytes of datagrams that wait to be read; beyond the system's limit where the process may. */
  readonly receiveBufferBytes?: number;
}

/** What only our own sockets may be told. */
export interface OwnSocketOptions extends SocketOptions {
  /** False: ICMP errors are not kept. Whoever does not read them would be woken by them for ever. */
  readonly errorQueue?: false;
  /** What to bind to, in the kernel's form, instead of `source` and `sourcePort`: for whoever binds thousands. */
  readonly name?: SocketName;
}

/** A socket address in memory of the caller. */
export interface SocketName {
  readonly at: number;
  readonly length: number;
}

/** `raw`: TCP segments, written and read by ourselves. */
export type Kind = "tcp" | "udp" | "raw";

const TYPE_OF = { tcp: SOCK_STREAM, udp: SOCK_DGRAM, raw: SOCK_RAW };
const PROTOCOL_OF = { tcp: 0, udp: 0, raw: IPPROTO_TCP };

/**
 * Opens a non-blocking socket with its error queue on, unless told otherwise, and binds it. Throws SocketError; nothing
 * stays open then. The memory for its calls is held until closeSocket.
 */
export function openSocket(native: Native, kind: Kind, family: Family, options: OwnSocketOptions): number {
  const type = TYPE_OF[kind] | SOCK_NONBLOCK | SOCK_CLOEXEC;
  if (!native.arena.hold()) throw new SocketError("ERR_CLOSED", "socket");
  const fd = native.sys.socket(domainOf(family), type, PROTOCOL_OF[kind]);
  if (fd < 0) {
    native.arena.letGo();
    throw new SocketError(native.sys.errorName(fd), "socket");
  }
  try {
    setOptions(native, fd, kind, family, options);
    if (options.name !== undefined) bindName(native, fd, options.name);
    else if (kind === "udp" || options.source !== undefined || options.sourcePort !== undefined) {
      bindAsTold(native, fd, kind, family, options);
    }
    return fd;
  } catch (error) {
    closeSocket(native, fd);
    throw error;
  }
}

export function closeSocket(native: Native, fd: number): void {
  native.sys.close(fd);
  native.arena.letGo();
}

function setOptions(native: Native, fd: number, kind: Kind, family: Family, options: OwnSocketOptions): void {
  const set = (level: number, option: number, value: number): void => {
    const result = setOption(native, fd, level, option, value);
    if (result < 0) throw new SocketError(native.sys.errorName(result), "socket");
  };
  const { ttl, tos, receiveBufferBytes, errorQueue = true } = options;
  if (family === 6) {
    // A raw socket is bound to its protocol from the start, and then this can no longer be set; nor need it be.
    if (kind !== "raw") set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (errorQueue) set(IPPROTO_IPV6, IPV6_RECVERR, 1);
    if (ttl !== undefined) set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
    if (tos !== undefined) set(IPPROTO_IPV6, IPV6_TCLASS, tos);
  } else {
    if (errorQueue) set(IPPROTO_IP, IP_RECVERR, 1);
    if (ttl !== undefined) set(IPPROTO_IP, IP_TTL, ttl);
    if (tos !== undefined) set(IPPROTO_IP, IP_TOS, tos);
  }
  if (receiveBufferBytes === undefined) return;
  // Only CAP_NET_ADMIN may pass net.core.rmem_max; everybody else gets as much as that.
  const forced = setOption(native, fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferBytes);
  if (forced < 0) set(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
}

/** Binds to what the options say; ports of TCP are shared where they can be. */
function bindAsTold(native: Native, fd: number, kind: Kind, family: Family, options: SocketOptions): void {
  const { source = wildcardOf(family), sourcePort = 0 } = options;
  if (kind === "tcp") {
    // As Node does: a port whose last connection still waits for its end may be used again. And without a port of our
    // choice the kernel chooses one when it knows the peer, so that ports are shared between peers.
    if (sourcePort !== 0) setOption(native, fd, SOL_SOCKET, SO_REUSEADDR, 1);
    else setOption(native, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  }
  bindSocket(native, fd, { address: source, port: sourcePort });
}

/** Throws SocketError. */
export function bindSocket(native: Native, fd: number, to: Endpoint): void {
  bindName(native, fd, { at: native.address.at, length: writeSocketAddress(native, native.address, 0, to) });
}

/** Throws SocketError. The length is 0 where there was no address to write. */
function bindName(native: Native, fd: number, { at, length }: SocketName): void {
  const result = length === 0 ? -EINVAL : native.sys.bind(fd, at, length);
  if (result < 0) throw new SocketError(native.sys.errorName(result), "bind");
}

/** Sets an option that is a number; gives what the call gave. */
export function setOption(native: Native, fd: number, level: number, option: number, value: number): number {
  native.option.data.setInt32(0, value, true);
  return native.sys.setsockopt(fd, level, option, native.option.at, 4);
}

/** The value of an option that is a number, or the negative error number. */
export function getOption(native: Native, fd: number, level: number, option: number): number {
  native.option.data.setUint32(LENGTH_AT, 4, true);
  const result = native.sys.getsockopt(fd, level, option, native.option.at, native.option.at + LENGTH_AT);
  return result < 0 ? result : native.option.data.getInt32(0, true);
}

/** Turns the error queue off and drops what is in it: before a socket is handed to somebody who would not read it. */
export function dropErrorQueue(native: Native, fd: number, family: Family): void {
  if (family === 6) setOption(native, fd, IPPROTO_IPV6, IPV6_RECVERR, 0);
  else setOption(native, fd, IPPROTO_IP, IP_RECVERR, 0);
}

/** Starts a connection, or asks how the one under way stands. Gives what the call gave: 0, or a negative number. */
export function connectSocket(native: Native, fd: number, to: Endpoint): number {
  const length = writeSocketAddress(native, native.address, 0, to);
  return length === 0 ? -EINVAL : native.sys.connect(fd, native.address.at, length);
}

/** Our own end. Undefined once the socket has none. */
export function localEndpoint(native: Native, fd: number): Endpoint | undefined {
  native.address.data.setUint32(LENGTH_AT, SOCKET_ADDRESS_BYTES, true);
  const result = native.sys.getsockname(fd, native.address.at, native.address.at + LENGTH_AT);
  return result < 0 ? undefined : readSocketAddress(native, native.address, 0);
}
