/** How a datagram arrived: the octet with its DSCP, and how long it lay unread. Only the kernel can tell. */
import type { MessageVector } from "./message-vector.ts";
import type { Native } from "./native.ts";
import { setOption } from "./socket.ts";
import type { Family } from "./socket-address.ts";
import {
  IP_RECVTOS,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
} from "./sys.ts";
import type { Arrival } from "./udp.ts";

/** Room for the control messages that tell of it: a time (32 bytes) and an octet or a word (24 bytes). */
export const ARRIVAL_BYTES = 64;
const TIME_BYTES = 16;

/** Lets the kernel tell of each datagram how it arrived; what it cannot tell is absent then. */
export function askForArrival(native: Native, fd: number, family: Family): void {
  setOption(native, fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (family === 6) setOption(native, fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  else setOption(native, fd, IPPROTO_IP, IP_RECVTOS, 1);
}

/** What the kernel told of the datagram in a slot that was read right now. */
export function readArrival(native: Native, incoming: MessageVector, slot: number): Arrival {
  const tos = readTos(incoming, slot);
  const waitedMs = readWaited(native, incoming, slot);
  return { ...(tos !== undefined && { tos }), ...(waitedMs !== undefined && { waitedMs }) };
}

/** IPv4 gives an octet, IPv6 a word of 32 bits. */
function readTos(incoming: MessageVector, slot: number): number | undefined {
  const at =
    incoming.controlData(slot, IPPROTO_IP, IP_TOS, 1) ?? incoming.controlData(slot, IPPROTO_IPV6, IPV6_TCLASS, 4);
  return at === undefined ? undefined : incoming.control.data.getUint8(at);
}

function readWaited({ sys, time }: Native, incoming: MessageVector, slot: number): number | undefined {
  const at = incoming.controlData(slot, SOL_SOCKET, SO_TIMESTAMPNS, TIME_BYTES);
  if (at === undefined || sys.clockRealtime(time.at) < 0) return undefined;
  const [now, then] = [time.data, incoming.control.data];
  const seconds = Number(now.getBigInt64(0, true) - then.getBigInt64(at, true));
  const nanoseconds = Number(now.getBigInt64(8, true) - then.getBigInt64(at + 8, true));
  // Below zero only when somebody set the clock back in between.
  return Math.max(0, seconds * 1e3 + nanoseconds / 1e6);
}
