/**
 * The routers that this machine hands its packets to: Linux shows them as text in /proc/net. Only the main table of
 * IPv4 is there; what policy routing does is not seen.
 */

/** A route of IPv4. */
export interface Route {
  /** The network and its mask, each as one number of 32 bits. */
  readonly network: number;
  readonly mask: number;
  /** Absent where the network is on the link itself. */
  readonly gateway?: string;
  readonly metric: number;
}

const RTF_UP = 1;
const RTF_REJECT = 0x200;
const TABLE_MAX_LINES = 10_000;

/** /proc/net/route, as `proc(5)` describes it. Lines that say something else are left out. */
export function parseRoutes(text: string, littleEndian = isLittleEndian()): readonly Route[] {
  const lines = text.split("\n").slice(1, TABLE_MAX_LINES);
  return lines.flatMap((line) => {
    const [, network = "", gateway = "", flags = "", , , metric = "", mask = ""] = line.trim().split(/\s+/);
    const numbers = [network, gateway, mask];
    if (!numbers.every((word) => /^[0-9A-F]{8}$/i.test(word))) return [];
    const bits = Number.parseInt(flags, 16);
    if ((bits & RTF_UP) === 0 || (bits & RTF_REJECT) !== 0) return [];
    const [to, via, under] = numbers.map((word) => fromKernel(Number.parseInt(word, 16), littleEndian));
    return [{ network: to!, mask: under!, metric: Number(metric), ...(via !== 0 && { gateway: addressOf(via!) }) }];
  });
}

/** The router on the way to an IPv4 address: the longest prefix, then the lowest metric. Undefined: on the link, or no way. */
export function gatewayTo(address: string, routes: readonly Route[]): string | undefined {
  const target = numberOf(address);
  if (target === undefined) return undefined;
  const fitting = routes.filter(({ network, mask }) => (target & mask) >>> 0 === network);
  const [best] = fitting.sort((a, b) => b.mask - a.mask || a.metric - b.metric);
  return best?.gateway;
}

/** What the kernel knows of a neighbour's link address. */
export type Neighbour = "known" | "unanswered";

/** The neighbour's line in /proc/net/arp; undefined where there is none. */
export function neighbourIn(text: string, address: string): Neighbour | undefined {
  const ATF_COM = 2;
  for (const line of text.split("\n").slice(1, TABLE_MAX_LINES)) {
    const [ip, , flags = ""] = line.trim().split(/\s+/);
    if (ip === address) return (Number.parseInt(flags, 16) & ATF_COM) !== 0 ? "known" : "unanswered";
  }
  return undefined;
}

/** The kernel prints the bytes of an address as one number of its own order. */
function fromKernel(value: number, littleEndian: boolean): number {
  if (!littleEndian) return value;
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
}

function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

function numberOf(address: string): number | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return undefined;
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
