/** Which of our own ports the far end reaches: it asks them, we hear what arrives. */
import type { Fate, Proof } from "../model/far-end.ts";
import type { ClientParts, ResponderSession } from "./client.ts";
import { DataPorts } from "./data-ports.ts";
import { emptyProof, note, noteWays, type Wish } from "./proof.ts";

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

function ownFate(code: string): Fate {
  if (code === "EADDRINUSE") return "in-use";
  return code === "EACCES" || code === "EPERM" ? "not-permitted" : "no-resources";
}
