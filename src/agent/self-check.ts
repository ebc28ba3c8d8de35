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
const TOUCH_EVERY_MS = 3_000;
/** Linux asks a neighbour that it doubts after 5 s, and three times, a second apart (arp(7)). */
const PROBING_MS = 10_500;
/** It does not doubt one that answered, or let something through, in the last 45 s at most. */
const TRUSTING_MS = 45_000;
const ANCHOR_TIMEOUT_MS = 3_000;
const ANCHOR_ATTEMPTS = 2;
/** More routers than this between us and the hosts of one agent are not looked at. */
const GATEWAYS_MAX = 4;

export interface SelfCheckParts {
  readonly net: Pick<Net, "route" | "tcp" | "udp">;
  readonly world: Pick<World, "sleep" | "monotonicMs">;
  /** A file below /proc/net by its name; undefined where there is none. */
  readonly procNet: (name: string) => Promise<string | undefined>;
  /** This machine's addresses on interfaces that are up and have a link. */
  readonly linkedAddresses: () => ReadonlySet<string>;
}

export class SelfCheck {
  readonly #parts: SelfCheckParts;
  #answeredMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SelfCheckParts) {
    this.#parts = parts;
  }

  /**
   * Why we hold ourselves to have been cut off in a run, in words; undefined where that is not proven. Nothing is asked
   * unless nobody answered; then it takes up to eleven seconds, or longer where the last answer is less than a minute
   * old.
   *
   * @param addresses gives those of the hosts that were asked
   */
  async cutOff(
    config: SelfCheckConfig,
    { results }: Pick<ReportDocument, "results">,
    addresses: () => readonly string[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const asked = results.filter(({ state }) => state !== null);
    if (!asked.every(isUnanswered)) {
      this.#answeredMs = this.#parts.world.monotonicMs();
      return undefined;
    }
    const bad = asked.some(({ required, outcome, group }) => (required || group !== undefined) && outcome !== "pass");
    return bad ? this.#ownSide(config, addresses(), signal) : undefined;
  }

  async #ownSide(
    { gateway, anchor }: SelfCheckConfig,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const parts = this.#parts;
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const trustedMs = this.#answeredMs + TRUSTING_MS - parts.world.monotonicMs();
    const side = gateway ? gatewaySide(addresses, PROBING_MS + Math.max(0, trustedMs), parts, either) : undefined;
    try {
      if (anchor === undefined) return await side;
      // The anchor has the last word: it lies where the user says that we must reach.
      if (await answers(anchor, parts, either)) return undefined;
      const silent = `the anchor ${anchor.transport}/${formatEndpoint(anchor)} does not answer`;
      const gone = await side;
      if (signal.aborted) return undefined;
      return gone === undefined ? silent : `${silent}, and ${gone}`;
    } finally {
      done.abort();
    }
  }
}

/** Nobody said anything. ICMP errors are no answer: a router beside us sends them when its own line is cut. */
function isUnanswered({ state, range }: ResultEntry): boolean {
  if (range !== undefined) return range.open === 0 && range.closed === 0;
  return state === "filtered" || state === "open|filtered" || state === "unknown";
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
  patienceMs: number,
  parts: SelfCheckParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ways = await Promise.all(addresses.map((address) => parts.net.route(address)));
  if (ways.length > 0 && ways.every(({ source }) => source === undefined)) {
    return `this machine has no route to any host (${ways[0]!.code})`;
  }
  const unlinked = unlinkedSources(ways, parts.linkedAddresses());
  if (unlinked !== undefined) return `the link of ${unlinked.join(", ")} is down`;
  const routes = parseRoutes((await parts.procNet("route")) ?? "");
  const gateways = [...new Set(addresses.flatMap((address) => gatewayTo(address, routes) ?? []))];
  // A host on the link needs none, and says nothing about one.
  const first = gateways.slice(0, GATEWAYS_MAX);
  if (first.length === 0 || first.length < gateways.length) return undefined;
  const gone = await Promise.all(first.map((gateway) => isGone(gateway, patienceMs, parts, signal)));
  if (!gone.every(Boolean) || signal.aborted) return undefined;
  return first.length === 1 ? `the gateway ${first[0]} is not there` : `the gateways ${first.join(", ")} are not there`;
}

/** A cable that is pulled takes no route away: our own addresses on the ways, where none of them has a link. */
function unlinkedSources(
  ways: readonly { readonly source?: string }[],
  linked: ReadonlySet<string>,
): readonly string[] | undefined {
  const sources = [...new Set(ways.flatMap(({ source }) => source ?? []))];
  const isDown = (source: string) => !source.includes(":") && !linked.has(source);
  return sources.length > 0 && sources.every(isDown) ? sources : undefined;
}

/** Whether the system, made to look for it, finds nobody at the address. */
async function isGone(
  gateway: string,
  patienceMs: number,
  { net, world, procNet }: SelfCheckParts,
  signal: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const to = { transport: "udp", address: gateway, port: TOUCHED_PORT } as const;
  const touch = await net.udp(to, { replyFrom: "same", onDatagram: () => stop.abort() }, either);
  void touch.ended.then(() => stop.abort());
  try {
    const untilMs = world.monotonicMs() + patienceMs;
    for (let leftMs = patienceMs; leftMs > 0 && !either.aborted; leftMs = untilMs - world.monotonicMs()) {
      touch.send(new Uint8Array());
      await world.sleep(Math.min(TOUCH_EVERY_MS, leftMs), either);
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
