/**
 * The one file of system calls: libc through koffi, for 64-bit little-endian Linux. Each call gives what the kernel
 * gave, or the negative error number, and is handed addresses of memory that V8 never moves (arena.ts). Numbers are
 * those of the Linux headers, the same on x64, arm64, riscv64, loong64 and ppc64le.
 */
import type koffiModule from "koffi";

export type Koffi = typeof koffiModule;

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;
/** Also the type of its control message: `struct timespec` of CLOCK_REALTIME. */
export const SO_TIMESTAMPNS = 35;

export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_RECVERR = 11;
export const IP_RECVTOS = 13;
export const IP_BIND_ADDRESS_NO_PORT = 24;

export const IPPROTO_IPV6 = 41;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;

export const MSG_ERRQUEUE = 0x2000;

export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const POLLFD_BYTES = 8;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLET = 0x80000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
/** `struct epoll_event`, where it is not packed. */
export const EVENT_BYTES_MAX = 16;

export const EPERM = 1;
export const EAGAIN = 11;
export const EINVAL = 22;
export const EMSGSIZE = 90;
export const ENOBUFS = 105;
export const EISCONN = 106;
export const EALREADY = 114;
export const EINPROGRESS = 115;

/** Room for a socket address of IPv4 or IPv6. */
export const SOCKET_ADDRESS_BYTES = 28;

/** A descriptor that is watched on Node's own event loop (libuv), without a thread and without a timer. */
export interface LoopWatch {
  ref(): void;
  unref(): void;
  close(): void;
}

export interface Sys {
  socket(domain: number, type: number, protocol: number): number;
  close(fd: number): number;
  bind(fd: number, address: number, length: number): number;
  connect(fd: number, address: number, length: number): number;
  getsockname(fd: number, address: number, lengthAt: number): number;
  getsockopt(fd: number, level: number, option: number, valueAt: number, lengthAt: number): number;
  setsockopt(fd: number, level: number, option: number, valueAt: number, length: number): number;
  recvmsg(fd: number, messageAt: number, flags: number): number;
  sendmmsg(fd: number, vectorAt: number, length: number, flags: number): number;
  recvmmsg(fd: number, vectorAt: number, length: number, flags: number): number;
  epollCreate(): number;
  epollControl(epoll: number, operation: number, fd: number, eventAt: number): number;
  epollWait(epoll: number, eventsAt: number, length: number, timeoutMs: number): number;
  /** Writes CLOCK_REALTIME as a `struct timespec`: seconds and nanoseconds, 64 bits each. */
  clockRealtime(timeAt: number): number;
  inetPton(domain: number, text: string, addressAt: number): number;
  /** Needs room for TEXT_BYTES at `textAt`, as ifIndexToName does. */
  inetNtop(domain: number, addressAt: number, textAt: number): string;
  ifNameToIndex(name: string): number;
  ifIndexToName(index: number, textAt: number): string;
  /** The address of fresh pages of zeros. */
  mmap(bytes: number): number;
  munmap(address: number, bytes: number): number;
  view(address: number, bytes: number): ArrayBuffer;
  /** `struct pollfd` is a descriptor (32 bits), the events wanted and the events seen (16 bits each). */
  poll(descriptorsAt: number, length: number, timeoutMs: number): number;
  /** Calls back for as long as the descriptor is readable. It has to be closed after the watch. Not in every koffi. */
  readonly watch: ((fd: number, onReadable: () => void) => LoopWatch) | undefined;
  /** The name of an error number, for instance `ECONNREFUSED`; takes it with either sign. */
  errorName(errno: number): string;
}

const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const CLOCK_REALTIME = 0;
/** What inetNtop and ifIndexToName need for their text. */
export const TEXT_BYTES = 64;

type Call = (...args: readonly (number | string)[]) => number;

/** Binds the calls. Throws what koffi throws when libc lacks one of them. */
export function bindSys(koffi: Koffi): Sys {
  const libc = koffi.load(null);
  const call = (name: string, result: string, ...parameters: readonly string[]): Call =>
    libc.func(name, result, [...parameters]);
  const text = (name: string, ...parameters: readonly string[]): ((...args: readonly number[]) => string | null) =>
    libc.func(name, "str", [...parameters]);
  // A call that fails gives -1 and leaves its reason in errno, which koffi saves for us. No rest parameters: they would
  // cost a tenth of such a call.
  const checked2 = (name: string, ...types: readonly string[]) => {
    const raw = call(name, "int", ...types);
    return (a: number, b: number): number => orErrno(raw(a, b));
  };
  const checked3 = (name: string, ...types: readonly string[]) => {
    const raw = call(name, "int", ...types);
    return (a: number, b: number, c: number): number => orErrno(raw(a, b, c));
  };
  const checked4 = (name: string, ...types: readonly string[]) => {
    const raw = call(name, "int", ...types);
    return (a: number, b: number, c: number, d: number): number => orErrno(raw(a, b, c, d));
  };
  const checked5 = (name: string, ...types: readonly string[]) => {
    const raw = call(name, "int", ...types);
    return (a: number, b: number, c: number, d: number, e: number): number => orErrno(raw(a, b, c, d, e));
  };
  const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const recvmmsg = checked5("recvmmsg", "int", "intptr_t", "uint", "int", "intptr_t");
  const clockGettime = checked2("clock_gettime", "int", "intptr_t");
  const close = call("close", "int", "int");
  const epollCreate = call("epoll_create1", "int", "int");
  const mmap = call("mmap", "intptr_t", "intptr_t", "size_t", "int", "int", "int", "int64_t");
  const inetNtop = text("inet_ntop", "int", "intptr_t", "intptr_t", "uint");
  const ifIndexToName = text("if_indextoname", "uint", "intptr_t");
  const names = namesOf(koffi.os.errno);
  return {
    socket: checked3("socket", "int", "int", "int"),
    close: (fd) => orErrno(close(fd)),
    bind: checked3("bind", "int", "intptr_t", "uint"),
    connect: checked3("connect", "int", "intptr_t", "uint"),
    getsockname: checked3("getsockname", "int", "intptr_t", "intptr_t"),
    getsockopt: checked5("getsockopt", "int", "int", "int", "intptr_t", "intptr_t"),
    setsockopt: checked5("setsockopt", "int", "int", "int", "intptr_t", "uint"),
    recvmsg: checked3("recvmsg", "int", "intptr_t", "int"),
    sendmmsg: checked4("sendmmsg", "int", "intptr_t", "uint", "int"),
    recvmmsg: (fd, vectorAt, length, flags) => recvmmsg(fd, vectorAt, length, flags, 0),
    epollCreate: () => orErrno(epollCreate(SOCK_CLOEXEC)),
    epollControl: checked4("epoll_ctl", "int", "int", "int", "intptr_t"),
    epollWait: checked4("epoll_wait", "int", "intptr_t", "int", "int"),
    poll: checked3("poll", "intptr_t", "ulong", "int"),
    clockRealtime: (timeAt) => clockGettime(CLOCK_REALTIME, timeAt),
    inetPton: call("inet_pton", "int", "int", "str", "intptr_t"),
    inetNtop: (domain, addressAt, textAt) => inetNtop(domain, addressAt, textAt, TEXT_BYTES) ?? "",
    ifNameToIndex: call("if_nametoindex", "uint", "str"),
    ifIndexToName: (index, textAt) => ifIndexToName(index, textAt) ?? "",
    mmap: (bytes) => mmap(0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0),
    munmap: checked2("munmap", "intptr_t", "size_t"),
    view: (address, bytes) => koffi.view(BigInt(address), bytes),
    watch: watchWith(koffi),
    errorName: (errno) => names.get(Math.abs(errno)) ?? `ERRNO-${Math.abs(errno)}`,
  };
}

/** Not documented by koffi yet, so that it may go again. */
function watchWith({ node }: { readonly node?: Partial<Koffi["node"]> }): Sys["watch"] {
  const poll = node?.poll;
  return poll && ((fd, onReadable) => poll(fd, { readable: true }, onReadable));
}

/** Where one number has several names, the first is the usual one (EAGAIN before EWOULDBLOCK). */
function namesOf(errno: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(errno)) if (!names.has(number)) names.set(number, name);
  return names;
}
