/**
 * Whole exchanges over a session: which ports pass, and where they do not, whether the request or the reply was lost.
 * The engine's sweep will ask by itself; this is the same in one call, for tests and for whoever has no engine.
 */
import type { FarEndLost, FarEndPace } from "../model/far-end.ts";
import type { Transport } from "../model/words.ts";
import { WINDOW_PORTS_MAX } from "../wire/responder.ts";
import type { Asked, AskParts } from "./ask.ts";
import { askTcp } from "./ask-tcp.ts";
import { askUdp } from "./ask-udp.ts";
import type { ClientParts, ResponderSession } from "./client.ts";
import { DataPorts } from "./data-ports.ts";

/**
 * `open`: request and reply came through. `request-lost`: nothing arrived. `reply-lost`: it arrived, and what was sent
 * back did not. `not-sent`: the asking side's own firewall or routes let nothing out. The others were not asked, and are as PortsBound has them.
 */
export type Fate =
  | "open"
  | "request-lost"
  | "reply-lost"
  | "not-sent"
  | "in-use"
  | "busy"
  | "not-listed"
  | "not-permitted"
  | "no-resources";

export type Fates = ReadonlyMap<number, Fate>;

/** Asks ports of the far end, as many at a time as it can hold. */
export async function proveOut(
  session: ResponderSession,
  transport: Transport,
  ports: Uint16Array,
  pace: FarEndPace,
  parts: AskParts,
  signal: AbortSignal,
): Promise<Fates | FarEndLost> {
  const fates = new Map<number, Fate>();
  let left = ports;
  while (left.length > 0) {
    const bound = await session.bind(transport, left.subarray(0, WINDOW_PORTS_MAX));
    if ("lost" in bound) return bound;
    note(fates, bound.inUse, "in-use");
    note(fates, bound.busy, "busy");
    note(fates, bound.notListed, "not-listed");
    note(fates, bound.notPermitted, "not-permitted");
    const lost =
      bound.bound.length > 0
        ? await proveBound(session, transport, bound.bound, pace, parts, signal, fates)
        : undefined;
    if (lost !== undefined) return lost;
    const released = await session.release(transport);
    if (released !== undefined) return released;
    const rest = left.filter((port) => !fates.has(port));
    // Where not one port more was held there is no use in asking again.
    if (bound.bound.length === 0 && rest.length === left.length) note(fates, rest, "no-resources");
    left = rest.filter((port) => !fates.has(port));
  }
  return fates;
}

async function proveBound(
  session: ResponderSession,
  transport: Transport,
  ports: Uint16Array,
  pace: FarEndPace,
  parts: AskParts,
  signal: AbortSignal,
  fates: Map<number, Fate>,
): Promise<FarEndLost | undefined> {
  const { local, address, rttMs } = session;
  const tokens = session.tokens(transport, "out", ports);
  const ask = transport === "udp" ? askUdp : askTcp;
  const arrivals: (Uint8Array | FarEndLost)[] = [];
  const whenAsked = async (answered: Uint8Array) => {
    const seen = await session.arrived(transport, ports);
    arrivals.push(seen);
    return !("lost" in seen) && seen.some((flag, index) => flag !== 0 && answered[index] === 0);
  };
  const question = { ...pace, source: local, address, ports, tokens, rttMs, mayUse: () => true, whenAsked };
  const asked = await ask(question, parts, signal);
  const [arrived] = arrivals;
  if (arrived !== undefined && "lost" in arrived) return arrived;
  // Where our own side had no socket to ask from, nothing is known of the network.
  if (arrived === undefined) note(fates, ports, "no-resources");
  else noteWays(fates, ports, arrived, asked);
  return undefined;
}

/** Lets the far end ask ports of ours, at most 16,384. Nothing of ours may have been sent to its ports from these before. */
export async function proveIn(
  session: ResponderSession,
  transport: Transport,
  ports: Uint16Array,
  pace: FarEndPace,
  { sockets }: ClientParts,
): Promise<Fates | FarEndLost> {
  const { local, address, key, id } = session;
  const listening = new DataPorts({
    ...{ transport, direction: "in", address: local, peer: address, key, session: id, sockets },
  });
  try {
    const fates = new Map<number, Fate>();
    const refused = await listening.bind(ports);
    for (const [port, code] of refused) fates.set(port, ownFate(code));
    const bound = ports.filter((port) => !refused.has(port));
    const sent = await session.send(transport, bound, pace);
    if ("lost" in sent) return sent;
    if ("refused" in sent) {
      note(fates, bound, "not-listed");
      return fates;
    }
    if (sent.packets === 0 && !sent.unsent.includes(1)) note(fates, bound, "no-resources");
    else noteWays(fates, bound, await listening.arrived(bound), sent);
    return fates;
  } finally {
    listening.close();
  }
}

function ownFate(code: string): Fate {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "not-permitted" : "no-resources";
}

function note(fates: Map<number, Fate>, ports: Uint16Array, fate: Fate): void {
  for (const port of ports) fates.set(port, fate);
}

function noteWays(
  fates: Map<number, Fate>,
  ports: Uint16Array,
  arrived: Uint8Array,
  { answered, unsent }: Pick<Asked, "answered" | "unsent">,
): void {
  for (const [index, port] of ports.entries()) {
    if (answered[index] !== 0) fates.set(port, "open");
    else if (arrived[index] !== 0) fates.set(port, "reply-lost");
    else fates.set(port, unsent[index] === 0 ? "request-lost" : "not-sent");
  }
}
