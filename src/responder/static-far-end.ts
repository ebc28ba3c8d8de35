/** The far end without a control channel, as the engine is given it: a reply proves a port, silence proves nothing. */
import type { FarEnd, NoFarEnd, Proof, ProofAsk } from "../model/far-end.ts";
import type { Asked } from "./ask.ts";
import { askTcp } from "./ask-tcp.ts";
import { askUdp } from "./ask-udp.ts";
import type { ClientParts } from "./client.ts";
import { staticTokensFor } from "./key.ts";
import { Line } from "./line.ts";
import { emptyProof, note } from "./proof.ts";
import { slotOf } from "./static-book.ts";

/** So many are asked with tokens of one slot: it is not over before they were. */
const WINDOW_PORTS = 4_096;
/** What a reply is taken to need at first. */
const ASSUMED_RTT_MS = 50;
/** RFC 863. Nothing is sent there: a socket that is connected knows its own address. */
const DISCARD_PORT = 9;

export interface StaticFarEndOptions {
  readonly address: string;
  readonly source?: string;
  readonly key: Uint8Array;
}

/** Nothing is sent. Gives why there is no way to the address, where there is none. */
export async function openStaticFarEnd(
  { address, source, key }: StaticFarEndOptions,
  parts: ClientParts,
): Promise<FarEnd | NoFarEnd> {
  const { features, openUdp } = parts.sockets;
  const isV6 = address.includes(":");
  const socket = await openUdp({
    family: isV6 ? 6 : 4,
    remote: { address, port: DISCARD_PORT },
    onDatagram: () => {},
    onError: () => {},
    ...(source !== undefined && { source }),
  });
  if (socket.local === undefined) return { failure: "unreachable", detail: socket.code };
  const local = socket.local.address;
  socket.close();
  return {
    local,
    errorQueue: {
      tcp: features.tcpErrorQueue.has,
      udp: (isV6 ? features.udpErrorQueue6 : features.udpErrorQueue4).has,
    },
    prove: (ask, signal) => prove({ address, local, key }, ask, parts, signal),
    end: async () => {},
  };
}

async function prove(
  { address, local, key }: { readonly address: string; readonly local: string; readonly key: Uint8Array },
  { direction, transport, ports, pace }: ProofAsk,
  parts: ClientParts,
  signal: AbortSignal,
): Promise<Proof> {
  const proof = emptyProof();
  if (direction === "in") {
    note(proof.fates, ports, "not-listed");
    return proof;
  }
  const ask = transport === "udp" ? askUdp : askTcp;
  const line = new Line(pace.perSecond, parts.world.monotonicMs());
  for (let at = 0; at < ports.length && !signal.aborted; at += WINDOW_PORTS) {
    const some = ports.subarray(at, at + WINDOW_PORTS);
    const tokens = staticTokensFor(key, slotOf(parts.world.wallMs()), transport, some);
    const question = {
      ...{ ports: some, tokens, source: local, address, rttMs: ASSUMED_RTT_MS, attempts: pace.attempts, line },
      mayUse: () => true,
    };
    const asked = await ask(question, parts, signal);
    proof.packets += asked.packets;
    for (const [port, error] of asked.errors) proof.errors.set(port, error);
    noteReplies(proof.fates, some, asked, signal.aborted);
  }
  return proof;
}

/** What was interrupted is not decided. */
function noteReplies(
  fates: ReturnType<typeof emptyProof>["fates"],
  ports: Uint16Array,
  { answered, unsent, failed }: Asked,
  isInterrupted: boolean,
): void {
  for (const [index, port] of ports.entries()) {
    if (answered[index] !== 0) fates.set(port, "open");
    else if (failed !== undefined) fates.set(port, "no-resources");
    else if (!isInterrupted) fates.set(port, unsent[index] === 0 ? "silent" : "not-sent");
  }
}
