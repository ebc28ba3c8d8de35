/**
 * Whole exchanges over a session: which ports pass, and where they do not, whether the request or the reply was lost.
 * Where the far end is lost in the middle, what is known by then stays known, and the other ports are not in the proof.
 */
import type { Fate, PortError, Proof, ProofAsk } from "../model/far-end.ts";
import { WINDOW_PORTS_MAX } from "../wire/responder.ts";
import type { FarEndLost } from "./answers.ts";
import type { Asked, AskParts } from "./ask.ts";
import { askTcp } from "./ask-tcp.ts";
import { askUdp } from "./ask-udp.ts";
import type { ClientParts, ResponderSession } from "./client.ts";
import { DataPorts } from "./data-ports.ts";

/** A proof while it grows. */
interface Growing extends Proof {
  readonly fates: Map<number, Fate>;
  readonly errors: Map<number, PortError>;
  packets: number;
}

type Wish = Omit<ProofAsk, "direction">;

/** Asks ports of the far end, as many at a time as it can hold. */
export async function proveOut(
  session: ResponderSession,
  wish: Wish,
  parts: AskParts,
  signal: AbortSignal,
): Promise<Proof> {
  const { transport } = wish;
  const proof = emptyProof();
  const { fates } = proof;
  let left = wish.ports;
  while (left.length > 0 && !signal.aborted) {
    const bound = await session.bind(transport, left.subarray(0, WINDOW_PORTS_MAX));
    if ("lost" in bound) return { ...proof, ...bound };
    note(fates, bound.inUse, "in-use");
    note(fates, bound.busy, "busy");
    note(fates, bound.notListed, "not-listed");
    note(fates, bound.notPermitted, "not-permitted");
    const ports = bound.bound;
    const lost = ports.length > 0 ? await proveBound(session, { ...wish, ports }, parts, signal, proof) : undefined;
    const released = lost ?? (await session.release(transport));
    if (released !== undefined) return { ...proof, ...released };
    const rest = left.filter((port) => !fates.has(port));
    // Where not one port more was held there is no use in asking again.
    if (ports.length === 0 && rest.length === left.length) note(fates, rest, "no-resources");
    left = rest.filter((port) => !fates.has(port));
  }
  return proof;
}

async function proveBound(
  session: ResponderSession,
  { transport, ports, pace }: Wish,
  parts: AskParts,
  signal: AbortSignal,
  proof: Growing,
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
  proof.packets += asked.packets;
  for (const [port, error] of asked.errors) proof.errors.set(port, error);
  // Where our own side had no socket to ask from, nothing is known of the network.
  if (arrived === undefined) note(proof.fates, ports, "no-resources");
  else if ("lost" in arrived || signal.aborted) noteAnswered(proof.fates, ports, asked.answered);
  else noteWays(proof.fates, ports, arrived, asked);
  return arrived !== undefined && "lost" in arrived ? arrived : undefined;
}

/** Lets the far end ask ports of ours, at most 16,384. Nothing of ours may have been sent to its ports from these before. */
export async function proveIn(
  session: ResponderSession,
  { transport, ports, pace }: Wish,
  { sockets }: ClientParts,
): Promise<Proof> {
  const { local, address, key, id } = session;
  const listening = new DataPorts({
    ...{ transport, direction: "in", address: local, peer: address, key, session: id, sockets },
  });
  const proof = emptyProof();
  const { fates } = proof;
  try {
    const refused = await listening.bind(ports);
    for (const [port, code] of refused) fates.set(port, ownFate(code));
    const bound = ports.filter((port) => !refused.has(port));
    const sent = await session.send(transport, bound, pace);
    if ("lost" in sent) return { ...proof, ...sent };
    if ("refused" in sent) {
      note(fates, bound, "not-listed");
      return proof;
    }
    proof.packets = sent.packets;
    if (sent.packets === 0 && !sent.unsent.includes(1)) note(fates, bound, "no-resources");
    else noteWays(fates, bound, await listening.arrived(bound), sent);
    return proof;
  } finally {
    listening.close();
  }
}

function emptyProof(): Growing {
  return { fates: new Map(), errors: new Map(), packets: 0 };
}

function ownFate(code: string): Fate {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "not-permitted" : "no-resources";
}

function note(fates: Map<number, Fate>, ports: Uint16Array, fate: Fate): void {
  for (const port of ports) fates.set(port, fate);
}

/** Where nobody can say any more what arrived, a reply still proves both ways. */
function noteAnswered(fates: Map<number, Fate>, ports: Uint16Array, answered: Uint8Array): void {
  for (const [index, port] of ports.entries()) if (answered[index] !== 0) fates.set(port, "open");
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
