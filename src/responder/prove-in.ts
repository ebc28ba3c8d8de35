/** Which of our own ports the far end reaches: it asks them, we hear what arrives. */
import type { Fate, Proof } from "../model/far-end.ts";
import type { FarEndLost } from "./answers.ts";
import type { ClientParts, ResponderSession } from "./client.ts";
import { DataPorts } from "./data-ports.ts";
import { emptyProof, type Growing, note, noteWays, type Wish } from "./proof.ts";

/** Ports that are held at once: the far end is done with so many long before we give up waiting for its answer. */
const WINDOW_PORTS = 4_096;

/** Lets the far end ask ports of ours. Nothing of ours may have been sent to its ports from these before. */
export async function proveIn(
  session: ResponderSession,
  wish: Wish,
  parts: ClientParts,
  signal: AbortSignal,
): Promise<Proof> {
  const proof = emptyProof();
  for (let at = 0; at < wish.ports.length && !signal.aborted; at += WINDOW_PORTS) {
    const ports = wish.ports.subarray(at, at + WINDOW_PORTS);
    const lost = await proveWindow(session, { ...wish, ports }, parts, proof);
    if (lost !== undefined) return { ...proof, ...lost };
  }
  return proof;
}

async function proveWindow(
  session: ResponderSession,
  { transport, ports, pace }: Wish,
  { sockets }: ClientParts,
  proof: Growing,
): Promise<FarEndLost | undefined> {
  const { local, address, key, id } = session;
  const listening = new DataPorts({
    ...{ transport, direction: "in", address: local, key, session: id, sockets },
    hears: (from) => from === address,
  });
  const { fates } = proof;
  try {
    const refused = await listening.bind(ports);
    for (const [port, code] of refused) fates.set(port, ownFate(code));
    const bound = ports.filter((port) => !refused.has(port));
    if (bound.length === 0) return undefined;
    const sent = await session.send(transport, bound, pace);
    if ("lost" in sent) return sent;
    proof.packets += sent.packets;
    const unlisted = new Set(sent.notListed);
    // A far end that sent nothing, though its own side refused nothing, had no port to send from.
    const couldNot = sent.packets === 0 && !sent.unsent.includes(1);
    if (couldNot) note(fates, bound, "no-resources");
    else noteWays(fates, bound, await listening.arrived(bound), sent);
    for (const port of unlisted) fates.set(port, "not-listed");
    return undefined;
  } finally {
    listening.close();
  }
}

function ownFate(code: string): Fate {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "not-permitted" : "no-resources";
}
