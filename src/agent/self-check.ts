/**
 * Whether a bad run is our own fault: the network between us and everything may be cut, and that is no news about any
 * target. Asked only after a run to which nobody at all answered; docs/adr names what each answer means.
 *
 * Silence proves little: a router may well ignore what is sent to it. So a gateway counts as gone only where the system
 * says so (nobody answers ARP or neighbour discovery for it), and where nothing is proven, we are not cut off.
 */
import type { Observation } from "../model/observation.ts";
import type { Net } from "../model/parts.ts";
import { type Endpoint, formatEndpoint } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import type { ReportDocument, ResultEntry } from "../report/document.ts";
import type { SelfCheckConfig } from "./config.ts";
import { gatewayTo, neighbourIn, parseRoutes } from "./gateways.ts";

/** A port that traceroute made known, and where hardly anything listens. */
const TOUCHED_PORT = 33_434;
/**
 * Linux asks a silent neighbour again by itself, after 5 s and three times, a second apart; the second touch hears of
 * that.
 */
const TOUCHES_AT_MS = [0, 9_000];
const TOUCH_GIVE_UP_MS = 10_500;
const ANCHOR_TIMEOUT_MS = 3_000;
const ANCHOR_ATTEMPTS = 2;
/** More routers than this between us and the hosts of one agent are not looked at. */
const GATEWAYS_MAX = 4;

export interface SelfCheckParts {
  readonly net: Pick<Net, "route" | "tcp" | "udp">;
  readonly world: Pick<World, "sleep">;
  /** A file below /proc/net by its name; undefined where there is none. */
  readonly procNet: (name: string) => Promise<string | undefined>;
}

/**
 * Whether it is worth asking: something required was asked and did not pass, and not one port of the whole run was seen
 * open or closed. ICMP errors do not count as an answer, because a router beside us sends them when its own line is cut.
 */
export function nobodyAnswered({ results }: Pick<ReportDocument, "results">): boolean {
  const asked = results.filter(({ state }) => state !== null);
  const bad = asked.some(({ required, outcome, group }) => (required || group !== undefined) && outcome !== "pass");
  return bad && asked.every(isUnanswered);
}

function isUnanswered({ state, range }: ResultEntry): boolean {
  if (range !== undefined) return range.open === 0 && range.closed === 0;
  return state === "filtered" || state === "open|filtered" || state === "unknown";
}

/**
 * Why we hold ourselves to be cut off, in words; undefined where that is not proven. Takes up to eleven seconds.
 *
 * @param addresses of the hosts that were asked
 */
export async function ownSide(
  config: SelfCheckConfig,
  addresses: readonly string[],
  parts: SelfCheckParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const gateway = config.gateway ? gatewaySide(addresses, parts, either) : Promise.resolve(undefined);
  try {
    const { anchor } = config;
    if (anchor === undefined) return signal.aborted ? undefined : await gateway;
    // The anchor has the last word: it lies where the user says that we must reach.
    if (await answers(anchor, parts, either)) return undefined;
    const silent = `the anchor ${anchor.transport}/${formatEndpoint(anchor)} does not answer`;
    const gone = await gateway;
    if (signal.aborted) return undefined;
    return gone === undefined ? silent : `${silent}, and ${gone}`;
  } finally {
    done.abort();
  }
}

/** The anchor said something, be it no. */
async function answers(anchor: Endpoint, { net, world }: SelfCheckParts, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 0; attempt < ANCHOR_ATTEMPTS && !signal.aborted; attempt++) {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    void world.sleep(ANCHOR_TIMEOUT_MS, either).then(() => over.abort());
    const tried = await net.tcp(anchor, {}, either);
    const seen = tried.seen();
    tried.close();
    over.abort();
    if (seen.connectedMs !== undefined || isRefusalOf(anchor.address, seen)) return true;
  }
  return false;
}

/** A reset, or an ICMP error that the machine itself sent about its port. */
function isRefusalOf(address: string, { code, icmp }: Observation): boolean {
  return code === "ECONNREFUSED" && (icmp === undefined || icmp.from === address);
}

/** Why no packet of ours gets beyond the link; undefined where that is not proven. */
async function gatewaySide(
  addresses: readonly string[],
  parts: SelfCheckParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ways = await Promise.all(addresses.map((address) => parts.net.route(address)));
  if (ways.length > 0 && ways.every(({ source }) => source === undefined)) {
    return `this machine has no route to any host (${ways[0]!.code})`;
  }
  const routes = parseRoutes((await parts.procNet("route")) ?? "");
  const gateways = [...new Set(addresses.flatMap((address) => gatewayTo(address, routes) ?? []))];
  // A host on the link needs none, and says nothing about one.
  const first = gateways.slice(0, GATEWAYS_MAX);
  if (first.length === 0 || first.length < gateways.length) return undefined;
  const gone = await Promise.all(first.map((gateway) => isGone(gateway, parts, signal)));
  if (!gone.every(Boolean) || signal.aborted) return undefined;
  return first.length === 1 ? `the gateway ${first[0]} is not there` : `the gateways ${first.join(", ")} are not there`;
}

/** Whether the system, made to look for it, finds nobody at the address. */
async function isGone(gateway: string, { net, world, procNet }: SelfCheckParts, signal: AbortSignal): Promise<boolean> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const to = { transport: "udp", address: gateway, port: TOUCHED_PORT } as const;
  const touch = await net.udp(to, { replyFrom: "same", onDatagram: () => stop.abort() }, either);
  try {
    let spentMs = 0;
    for (const atMs of [...TOUCHES_AT_MS, TOUCH_GIVE_UP_MS]) {
      await Promise.race([world.sleep(atMs - spentMs, either), touch.ended]);
      spentMs = atMs;
      if (atMs < TOUCH_GIVE_UP_MS) touch.send(new Uint8Array());
    }
    const { code, icmp, local, repliedMs } = touch.seen();
    if (signal.aborted || repliedMs !== undefined || code === "ECONNREFUSED") return false;
    // Nobody answered for the address on the link: the system itself tells, in its own name.
    const fromUs = icmp === undefined || icmp.from === local?.address;
    if (fromUs && (code === "EHOSTUNREACH" || code === "EHOSTDOWN")) return true;
    return neighbourIn((await procNet("arp")) ?? "", gateway) === "unanswered";
  } finally {
    stop.abort();
    touch.close();
  }
}
