/**
 * The module's one door: sockets that see ICMP errors where the system lets them be seen, and the same interface over
 * node:net and node:dgram where it does not.
 */
import { arch, endianness, platform } from "node:os";
import { ErrorQueue } from "./error-queue.ts";
import { type Features, nativeFeatures, portableFeatures } from "./features.ts";
import { createNative, type Native } from "./native.ts";
import { nativeTcp } from "./native-tcp.ts";
import { nativeUdp, takeUdpMemory } from "./native-udp.ts";
import { nativeUdpPorts } from "./native-udp-ports.ts";
import { plainTcp } from "./plain-tcp.ts";
import { plainUdp } from "./plain-udp.ts";
import { plainUdpPorts } from "./plain-udp-ports.ts";
import { codeOf } from "./socket-error.ts";
import { SynBatch, type SynBatchOptions } from "./syn-batch.ts";
import { bindSys, type Koffi } from "./sys.ts";
import type { ConnectTcp } from "./tcp.ts";
import { TcpPool, type TcpPoolOptions } from "./tcp-pool.ts";
import type { OpenUdp } from "./udp.ts";
import { UdpBatch, type UdpBatchOptions } from "./udp-batch.ts";
import type { OpenUdpPorts } from "./udp-ports.ts";
import { Watcher } from "./watcher.ts";

export type { Endpoint, IcmpError, SocketFailure } from "./endpoint.ts";
export type { Feature, Features } from "./features.ts";
export { SocketError } from "./socket-error.ts";
export type { SynBatch, SynBatchOptions } from "./syn-batch.ts";
export type { TcpConnected, TcpFailed, TcpOptions, TcpResult } from "./tcp.ts";
export type { TcpPool, TcpPoolOptions } from "./tcp-pool.ts";
export type { Arrival, UdpError, UdpFailed, UdpOptions, UdpSocket } from "./udp.ts";
export type { UdpBatch, UdpBatchOptions } from "./udp-batch.ts";
export type { UdpPorts, UdpPortsOptions } from "./udp-ports.ts";

export interface Sockets {
  readonly features: Features;
  /** Connects, and tells which ICMP error prevented it. Never throws for what a network does. */
  readonly connectTcp: ConnectTcp;
  /** Opens a UDP socket that tells of ICMP errors. Never throws for what a network does. */
  readonly openUdp: OpenUdp;
  /** Listens on many UDP ports at once. */
  readonly openUdpPorts: OpenUdpPorts;
  /** For loops over thousands of ports. Absent where there are no system calls. */
  readonly bulk?: Bulk;
  /** Opens nothing more. The memory for system calls is freed when the last socket opened here is closed. */
  close(): void;
}

/**
 * Sockets that work inside the calls of their user, best in a worker thread: they wait there, and not on the event loop.
 * All throw SocketError when they cannot be opened.
 */
export interface Bulk {
  tcpPool(options: TcpPoolOptions): TcpPool;
  udpBatch(options: UdpBatchOptions): UdpBatch;
  /** Needs CAP_NET_RAW (`features.rawSockets`). */
  synBatch(options: SynBatchOptions): SynBatch;
  /** The name of an error number, for instance `ECONNREFUSED`. */
  errorName(errno: number): string;
}

/** How koffi is found. Rejects where it is not installed or does not run. */
export type LoadKoffi = () => Promise<{ readonly default: Koffi }>;

const ARENA_BYTES = 2 * 1024 * 1024;
const ERROR_SLOTS = 16;
const ARCHITECTURES = ["x64", "arm64", "riscv64", "loong64", "ppc64"];

/** Finds out what this machine can do, and gives sockets by the best way it has. */
export async function openSockets(loadKoffi: LoadKoffi = () => import("./koffi.ts")): Promise<Sockets> {
  const unsuited = whyUnsuited();
  if (unsuited !== undefined) return plainSockets(unsuited);
  let native: Native;
  let version: string;
  try {
    const { default: koffi } = await loadKoffi();
    version = koffi.version;
    native = createNative(bindSys(koffi), arch(), ARENA_BYTES);
  } catch (error) {
    return plainSockets(whyNotLoaded(error));
  }
  return nativeSockets(native, version);
}

function whyNotLoaded(error: unknown): string {
  if (codeOf(error) === "ERR_MODULE_NOT_FOUND") return "koffi is not installed";
  // The first line says it; Node adds the modules that asked.
  const [text] = String(error instanceof Error ? error.message : error).split("\n");
  return `koffi does not load: ${text}`;
}

function whyUnsuited(): string | undefined {
  if (platform() !== "linux") return `${platform()}: only Linux keeps the ICMP errors of a socket`;
  if (!ARCHITECTURES.includes(arch()) || endianness() !== "LE")
    return `${arch()}: no layout of its structures is known`;
  return undefined;
}

async function plainSockets(reason: string): Promise<Sockets> {
  return {
    features: await portableFeatures(reason),
    connectTcp: plainTcp,
    openUdp: plainUdp,
    openUdpPorts: plainUdpPorts,
    close: () => {},
  };
}

async function nativeSockets(native: Native, koffiVersion: string): Promise<Sockets> {
  const features = await nativeFeatures(native, koffiVersion);
  return {
    features,
    ...watchedSockets(native, features),
    bulk: {
      tcpPool: (options) => new TcpPool(native, options),
      udpBatch: (options) => new UdpBatch(native, options),
      synBatch: (options) => new SynBatch(native, options),
      errorName: (errno) => native.sys.errorName(errno),
    },
    close: () => native.arena.close(),
  };
}

/** System calls for what they would see more with, Node's own sockets for the rest. */
function watchedSockets(native: Native, features: Features): Pick<Sockets, "connectTcp" | "openUdp" | "openUdpPorts"> {
  const { watch } = native.sys;
  if (!features.eventLoop.has || watch === undefined) {
    return { connectTcp: plainTcp, openUdp: plainUdp, openUdpPorts: plainUdpPorts };
  }
  const watcher = new Watcher(native, watch);
  const errors = new ErrorQueue(native, native.arena, ERROR_SLOTS);
  const openUdp = nativeUdp(native, watcher, takeUdpMemory(native, errors));
  const seenByUdp = { 4: features.udpErrorQueue4.has, 6: features.udpErrorQueue6.has };
  return {
    connectTcp: features.tcpErrorQueue.has ? nativeTcp(native, watcher, errors) : plainTcp,
    openUdpPorts: nativeUdpPorts(native, watcher),
    openUdp: (options) => (seenByUdp[options.family] ? openUdp(options) : plainUdp(options)),
  };
}
