/** The other direction at the far end: requests to ports of the prober, and what came of them. */
import type { Sockets } from "#node-dgram-ext";
import type { FarEndPace, PortError } from "../model/far-end.ts";
import type { World } from "../model/prober.ts";
import type { Transport } from "../model/words.ts";
import { REJECTIONS_MAX, type Rejection, type ServerMessage } from "../wire/responder.ts";
import { askTcp } from "./ask-tcp.ts";
import { askUdp } from "./ask-udp.ts";
import { tokensFor } from "./key.ts";
import { Line } from "./line.ts";
import type { PortClaims } from "./port-claims.ts";
import { bitsOf, spansOf } from "./spans.ts";

/** What a reply is taken to need at first, where the way is not longer. */
const LEAST_RTT_MS = 50;

export interface SendPace extends FarEndPace {
  /** How long the way to the prober and back takes, as it has measured. */
  readonly rttMs: number;
}

export interface SendOptions extends SendPace {
  readonly key: Uint8Array;
  readonly session: string;
  /** Our own address, and the prober's. */
  readonly address: string;
  readonly peer: string;
  readonly claims: PortClaims;
  readonly world: World;
  readonly sockets: Sockets;
}

type Sent = Extract<ServerMessage, { type: "sent" }>;

/** Asks those of the ports that may be asked; the answer speaks of all. */
export async function sendRequests(
  transport: Transport,
  wanted: Uint16Array,
  isListed: (port: number) => boolean,
  options: SendOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const { key, session, address, peer, claims, world, sockets, attempts, perSecond, rttMs } = options;
  const ports = wanted.filter(isListed);
  const ask = transport === "udp" ? askUdp : askTcp;
  const { ephemeralPorts } = sockets.features;
  const fresh = ephemeralPorts && claims.fresh(transport, ephemeralPorts);
  const question = {
    ...{ source: address, address: peer, ports, attempts, rttMs: Math.max(LEAST_RTT_MS, rttMs) },
    tokens: tokensFor(key, session, { transport, direction: "in" }, ports),
    line: new Line(perSecond, world.monotonicMs()),
    mayUse: (own: number) => !claims.wasAsked(transport, own),
    ...(fresh !== undefined && { drawPort: () => drawn(fresh, world) }),
  };
  const asked = fresh?.length === 0 ? undefined : await ask(question, { world, sockets }, signal);
  const indexOf = new Map(Array.from(ports, (port, index) => [port, index]));
  const ofWanted = (flag: (index: number) => number | undefined) =>
    bitsOf(Uint8Array.from(wanted, (port) => (indexOf.has(port) ? (flag(indexOf.get(port)!) ?? 0) : 0)));
  // Where every port that systems send from was asked, there is no port to send from at all.
  const isMirrored = (index: number) => (asked === undefined ? 1 : asked.mirrored[index]);
  const hasFailed = (index: number) => asked?.answered[index] === 0 && asked.unsent[index] === 0;
  const errors = [...(asked?.errors ?? [])].filter(([port]) => hasFailed(indexOf.get(port) ?? -1));
  return {
    type: "sent",
    answered: ofWanted((index) => asked?.answered[index]),
    unsent: ofWanted((index) => asked?.unsent[index]),
    mirrored: ofWanted(isMirrored),
    notListed: spansOf(wanted.filter((port) => !isListed(port))),
    rejections: rejectionsOf(errors),
    resets: spansOf(portsOf(errors.filter(([, error]) => isReset(transport, error)))),
    packets: asked?.packets ?? 0,
  };
}

function drawn(ports: Uint16Array, world: World): number | undefined {
  const [a = 0, b = 0, c = 0] = world.randomBytes(3);
  return ports[(a * 65_536 + b * 256 + c) % ports.length];
}

type Failed = readonly (readonly [port: number, error: PortError])[];

/** Over TCP a refusal without an ICMP error is a reset. */
function isReset(transport: Transport, { code, icmp }: PortError): boolean {
  return transport === "tcp" && icmp === undefined && code === "ECONNREFUSED";
}

/** ICMP errors, those that are alike together. There are few senders; what is more than may be told is not told. */
function rejectionsOf(failed: Failed): readonly Rejection[] {
  const alike = new Map<string, [port: number, error: PortError][]>();
  for (const [port, error] of failed) {
    if (error.icmp === undefined) continue;
    const { from, type, code } = error.icmp;
    const key = `${type} ${code} ${from}`;
    const group = alike.get(key) ?? [];
    alike.set(key, group);
    group.push([port, error]);
  }
  return [...alike.values()].slice(0, REJECTIONS_MAX).map((group) => {
    const { from, type, code } = group[0]![1].icmp!;
    return [from, type, code, spansOf(portsOf(group))];
  });
}

function portsOf(failed: Failed): number[] {
  return failed.map(([port]) => port).sort((a, b) => a - b);
}
