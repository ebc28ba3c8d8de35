/**
 * The first thing that a prober would send, built by the prober itself. Nothing here opens a socket: a conversation goes
 * into a connection that ends before a byte has come back.
 */
import type { Evidence } from "../../model/evidence.ts";
import type { Endpoint } from "../../model/ports.ts";
import type { Ask, Connection, Conversation, Dialer, Prober, World } from "../../model/prober.ts";
import type { Transport } from "../../model/words.ts";

/** Every byte of chance, so that it is known again where it stands in a message. */
export const CHANCE_BYTE = 0xa5;
/** The moment at which every message is built. */
export const WALL_MS = Date.UTC(2026, 0, 1);

/** A target for documentation (RFC 2606, RFC 5737). */
export const HOST = "dc01.example.com";
export const TARGET = "192.0.2.10";
export const LOCAL: Omit<Endpoint, "transport"> = { address: "192.0.2.200", port: 49_152 };

/** `waits`: the prober says nothing before it was spoken to, or only connects; `handshake`: it begins TLS, and no more. */
export type FirstMessage = Uint8Array | "waits" | "handshake";

/** The bytes of the first request, or the first message of a conversation. Parameters have the values of their examples. */
export async function firstMessage(prober: Prober, transport: Transport): Promise<FirstMessage> {
  const ask: Ask = {
    host: HOST,
    remote: { transport, address: TARGET, port: 1 },
    learned: {},
    world: stillWorld(),
  };
  const params = exampleParams(prober);
  switch (prober.kind) {
    case "oneshot":
      if (transport === "tcp" && prober.conversation !== undefined) {
        return firstOfConversation(prober.conversation, params, ask);
      }
      return prober.start(params, ask, { transport, ...LOCAL }).request(0) ?? "waits";
    case "dialogue":
      return firstOfConversation(prober, params, ask);
    case "sweep":
      return transport === "udp" ? prober.payload(params, { ...ask, media: false }) : "waits";
  }
}

function exampleParams({ params }: Prober): Evidence {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, { example }]) => (example === undefined ? [] : [[name, example]])),
  );
}

/** Nothing comes back, so a prober may go on to its next connection: only the first message counts. */
async function firstOfConversation(
  conversation: Conversation<Evidence>,
  params: Evidence,
  ask: Ask,
): Promise<FirstMessage> {
  const dialled: Parameters<Dialer["connect"]>[0][] = [];
  const sent: Uint8Array[] = [];
  const connection: Connection = {
    local: { transport: "tcp", ...LOCAL },
    send: (bytes) => void sent.push(bytes),
    receive: async () => undefined,
    pending: () => new Uint8Array(0),
    startTls: async () => undefined,
  };
  const connect: Dialer["connect"] = async (how) => {
    dialled.push(how);
    return connection;
  };
  await conversation.run(params, { ...ask, connect, latest: () => undefined, noteHandshake: () => {} });
  return sent[0] ?? (dialled[0]?.tls === undefined ? "waits" : "handshake");
}

function stillWorld(): World {
  return {
    monotonicMs: () => 0,
    wallMs: () => WALL_MS,
    sleep: async () => {},
    randomBytes: (length) => new Uint8Array(length).fill(CHANCE_BYTE),
    secret: () => undefined,
  };
}
