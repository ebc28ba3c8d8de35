/** Which of our own ports the far end reaches: it asks them, we hear what arrives. */
import type { Fate, Proof } from "../model/far-end.ts";
import { SEND_ATTEMPTS_MAX } from "../wire/responder.ts";
import type { FarEndLost } from "./answers.ts";
import type { ClientParts, ResponderSession } from "./client.ts";
import { DataPorts } from "./data-ports.ts";
import { emptyProof, type Growing, note, noteWays, type Wish } from "./proof.ts";

/**
 * Ports that are held at once: the far end is done with so many long before we give up waiting for its answer, also
 * where it serves another transport first. Over TCP it asks fewer of them together, and each for longer.
 */
const WINDOW_PORTS = { tcp: 1_024, udp: 4_096 } as const;
const WINDOW_S = 40;
/** What the far end may ask beyond the attempts that it was told, where packets are lost by chance. */
const MORE_ATTEMPTS = 2;

/** Lets the far end ask ports of ours. Nothing of ours may have been sent to its ports from these before. */
export async function proveIn(
  session: ResponderSession,
  wish: Wish,
  parts: ClientParts,
  signal: AbortSignal,
): Promise<Proof> {
  const proof = emptyProof();
  const attempts = Math.min(wish.pace.attempts, SEND_ATTEMPTS_MAX);
  const pace = { ...wish.pace, attempts };
  const inTime = Math.floor((WINDOW_S * pace.perSecond) / (attempts + MORE_ATTEMPTS));
  const size = Math.max(1, Math.min(WINDOW_PORTS[wish.transport], inTime));
  for (let at = 0; at < wish.ports.length && !signal.aborted; at += size) {
    const ports = wish.ports.subarray(at, at + size);
    const lost = await proveWindow(session, { ...wish, ports, pace }, parts, proof, signal);
    if (lost !== undefined) return { ...proof, ...lost };
  }
  return proof;
}

async function proveWindow(
  session: ResponderSession,
  { transport, ports, pace }: Wish,
  { sockets }: ClientParts,
  proof: Growing,
  signal: AbortSignal,
): Promise<FarEndLost | undefined> {
  const { local, address, key, id } = session;
  const listening = new DataPorts({
    ...{ transport, direction: "in", address: local, key, session: id, sockets },
    hears: (from) => from === address,
    onReached: (port, from) => session.flows.add(transport, port, from),
  });
  const { fates } = proof;
  try {
    const refused = await listening.bind(ports);
    for (const [port, code] of refused) fates.set(port, ownFate(code));
    const bound = ports.filter((port) => !refused.has(port));
    if (bound.length === 0) return undefined;
    const sent = await unlessAborted(session.send(transport, bound, pace), signal);
    if (sent === undefined || "lost" in sent) return sent;
    proof.packets += sent.packets;
    const unlisted = new Set(sent.notListed);
    // A far end that sent nothing, though its own side refused nothing, had no port to send from.
    const couldNot = sent.packets === 0 && !sent.unsent.includes(1) && !sent.mirrored.includes(1);
    if (couldNot) note(fates, bound, "no-resources");
    else noteWays(fates, bound, await listening.arrived(bound), sent);
    for (const port of unlisted) fates.set(port, "not-listed");
    for (const [port, error] of sent.errors) proof.errors.set(port, error);
    return undefined;
  } finally {
    listening.close();
  }
}

/** Undefined once the signal aborts: the far end may go on for long, and ends what it does with the session. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function ownFate(code: string): Fate {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "not-permitted" : "no-resources";
}
