/**
 * What this machine can do, found out by trying it; for everything that it cannot there is a reason. Nothing leaves
 * the machine: one datagram of each family goes to a closed port of its own loopback address.
 */
import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { isMainThread } from "node:worker_threads";
import type { Native } from "./native.ts";
import { closeSocket, connectSocket, getOption, localEndpoint, openSocket, setOption } from "./socket.ts";
import { codeOf } from "./socket-error.ts";
import {
  AF_INET,
  EAGAIN,
  EVENT_BYTES_MAX,
  IPPROTO_TCP,
  MSG_ERRQUEUE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
} from "./sys.ts";
import { UdpBatch } from "./udp-batch.ts";

/** One ability: what was seen, or why it is not there, as a phrase. */
export interface Feature {
  readonly has: boolean;
  readonly detail: string;
}

export interface Features {
  /** System calls. Without them everything goes through node:net and node:dgram. */
  readonly native: Feature;
  /** Watching sockets of ours on Node's event loop: what `connectTcp` and `openUdp` need beside the system calls. */
  readonly eventLoop: Feature;
  /** ICMP errors on UDP over IPv4, with type, code and sender. */
  readonly udpErrorQueue4: Feature;
  readonly udpErrorQueue6: Feature;
  /** The same on TCP while it connects. */
  readonly tcpErrorQueue: Feature;
  /** Packets below TCP: CAP_NET_RAW. */
  readonly rawSockets: Feature;
  /** Receive buffers beyond the system's limit: CAP_NET_ADMIN. */
  readonly largeBuffers: Feature;
  /** How many files and sockets this process may have open; absent where the system does not say. */
  readonly descriptors?: number;
  /** Ports that the system gives to sockets which ask for none; absent where the system does not say. */
  readonly ephemeralPorts?: { readonly from: number; readonly to: number };
}

/** Errors that meet a SYN are queued since Linux 5.8 (commit 45af29ca761c), which loopback cannot show: it resets. */
const TCP_SINCE = { major: 5, minor: 8 };
const LOOPBACK_TIMEOUT_MS = 100;
/** RFC 863. Nothing is sent there. */
const DISCARD_PORT = 9;
const LARGE_BUFFER_BYTES = 4 * 1024 * 1024;

const yes = (detail: string): Feature => ({ has: true, detail });
const no = (detail: string): Feature => ({ has: false, detail });

/** Where there are no system calls, for the reason given. */
export async function portableFeatures(reason: string): Promise<Features> {
  const native = no(reason);
  const none = no("needs system calls");
  return {
    native,
    eventLoop: none,
    udpErrorQueue4: none,
    udpErrorQueue6: none,
    tcpErrorQueue: none,
    rawSockets: none,
    largeBuffers: none,
    ...(await limits()),
  };
}

export async function nativeFeatures(native: Native, koffiVersion: string): Promise<Features> {
  return {
    native: yes(`koffi ${koffiVersion}`),
    eventLoop: eventLoop(native),
    udpErrorQueue4: udpErrorQueue(native, 4, "127.0.0.1"),
    udpErrorQueue6: udpErrorQueue(native, 6, "::1"),
    tcpErrorQueue: tcpErrorQueue(native, release()),
    rawSockets: rawSockets(native),
    largeBuffers: largeBuffers(native),
    ...(await limits()),
  };
}

function eventLoop({ sys, arena }: Native): Feature {
  // Where a worker is terminated while koffi watches something in it, the whole process ends with a segmentation fault
  // (seen with koffi 3.3.4 on Node 20 and 26).
  if (!isMainThread) return no("a worker thread: it could not be terminated safely");
  if (sys.watch === undefined) return no("this koffi cannot watch a descriptor");
  const epoll = sys.epollCreate();
  if (epoll < 0) return no(`epoll_create1 ${sys.errorName(epoll)}`);
  const waited = sys.epollWait(epoll, arena.take(EVENT_BYTES_MAX).at, 1, 0);
  sys.close(epoll);
  return waited < 0 ? no(`epoll_wait ${sys.errorName(waited)}`) : yes("main thread");
}

/** Waits for the machine's own port-unreachable, to a datagram that we send to ourselves. */
function udpErrorQueue(native: Native, family: 4 | 6, loopback: string): Feature {
  let closed = -1;
  let batch: UdpBatch | undefined;
  let seen: Feature | undefined;
  try {
    // A port that hears one peer is closed to everybody else, and nobody can open it meanwhile.
    closed = openSocket(native, "udp", family, { source: loopback });
    connectSocket(native, closed, { address: loopback, port: DISCARD_PORT });
    const forbidden = forbiddenCall(native, closed);
    if (forbidden !== undefined) return no(forbidden);
    batch = new UdpBatch(native, {
      address: loopback,
      source: loopback,
      payloadBytes: 0,
      answerBytes: 0,
      onAnswer: () => {},
      onError: (_, errno, icmp) => {
        const code = native.sys.errorName(errno);
        seen =
          icmp === undefined
            ? no(`${loopback}: ${code}`)
            : yes(`${loopback}: ICMP type ${icmp.type}, code ${icmp.code}`);
      },
    });
    batch.add(localEndpoint(native, closed)?.port ?? 0, new Uint8Array(0));
    batch.flush();
    if (seen === undefined) batch.step(LOOPBACK_TIMEOUT_MS);
    return seen ?? no(`${loopback}: no ICMP error within ${LOOPBACK_TIMEOUT_MS} ms`);
  } catch (error) {
    return no(`${loopback}: ${codeOf(error)}`);
  } finally {
    batch?.close();
    if (closed >= 0) closeSocket(native, closed);
  }
}

/** What a sandbox does not let us call; asked for no message at all, both calls do nothing. */
function forbiddenCall({ sys }: Native, fd: number): string | undefined {
  const results = { recvmmsg: sys.recvmmsg(fd, 0, 0, MSG_ERRQUEUE), sendmmsg: sys.sendmmsg(fd, 0, 0, 0) };
  const [name, result = 0] = Object.entries(results).find(([, result]) => result < 0) ?? [];
  return name && `${name} ${sys.errorName(result)}`;
}

function tcpErrorQueue(native: Native, kernel: string): Feature {
  const [major = 0, minor = 0] = kernel.split(".").map(Number);
  const recent = major > TCP_SINCE.major || (major === TCP_SINCE.major && minor >= TCP_SINCE.minor);
  if (!recent) return no(`Linux ${kernel}: needs ${TCP_SINCE.major}.${TCP_SINCE.minor}`);
  try {
    const fd = openSocket(native, "tcp", 4, {});
    // Kernels and sandboxes without the queue say that nobody is connected.
    const result = native.sys.recvmsg(fd, native.emptyMessage.at, MSG_ERRQUEUE);
    closeSocket(native, fd);
    return result === -EAGAIN ? yes(`Linux ${kernel}`) : no(`receive ${native.sys.errorName(result)}`);
  } catch (error) {
    return no(codeOf(error));
  }
}

function rawSockets(native: Native): Feature {
  const fd = native.sys.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return no(`socket ${native.sys.errorName(fd)}: needs CAP_NET_RAW`);
  native.sys.close(fd);
  return yes("CAP_NET_RAW");
}

function largeBuffers(native: Native): Feature {
  try {
    const fd = openSocket(native, "udp", 4, { source: "127.0.0.1" });
    const result = setOption(native, fd, SOL_SOCKET, SO_RCVBUFFORCE, LARGE_BUFFER_BYTES);
    if (result < 0) setOption(native, fd, SOL_SOCKET, SO_RCVBUF, LARGE_BUFFER_BYTES);
    // The kernel doubles what is asked for, to have room for its own records.
    const given = getOption(native, fd, SOL_SOCKET, SO_RCVBUF);
    closeSocket(native, fd);
    if (given < 0) return no(`getsockopt ${native.sys.errorName(given)}`);
    const bytes = given / 2;
    return result < 0 ? no(`at most ${bytes} bytes: needs CAP_NET_ADMIN`) : yes(`${bytes} bytes were given`);
  } catch (error) {
    return no(codeOf(error));
  }
}

async function limits(): Promise<Pick<Features, "descriptors" | "ephemeralPorts">> {
  const [files, ports] = await Promise.all([
    numbersIn("/proc/self/limits", /^Max open files\s+(\d+)/m),
    numbersIn("/proc/sys/net/ipv4/ip_local_port_range", /^(\d+)\s+(\d+)/),
  ]);
  return {
    ...(files?.[0] !== undefined && { descriptors: files[0] }),
    ...(ports?.[0] !== undefined && ports[1] !== undefined && { ephemeralPorts: { from: ports[0], to: ports[1] } }),
  };
}

async function numbersIn(path: string, pattern: RegExp): Promise<readonly number[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return pattern.exec(text)?.slice(1).map(Number);
}
