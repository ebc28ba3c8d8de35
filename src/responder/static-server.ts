/**
 * The far end without a control channel, where a firewall lets none through: it holds its ports until it is ended, and
 * answers whoever has the key (docs/responder-protocol.md, "Without a control channel").
 */
import type { Sockets } from "#node-dgram-ext";
import { portsOf } from "../model/ports.ts";
import type { World } from "../model/prober.ts";
import { TRANSPORTS, type Transport } from "../model/words.ts";
import { codeOf } from "../net/life.ts";
import { TOKEN_BYTES } from "./key.ts";
import { type NoteRefused, tellStatic } from "./refused.ts";
import type { Listed } from "./session.ts";
import { StaticBook } from "./static-book.ts";
import { type Sender, TcpPorts } from "./tcp-ports.ts";

export interface StaticOptions {
  /** The address of ours at which ports are bound. */
  readonly address: string;
  readonly key: Uint8Array;
  /** The ports that are bound. */
  readonly listed: Listed;
  allows(address: string): boolean;
}

export interface StaticParts {
  readonly world: Pick<World, "wallMs" | "monotonicMs">;
  readonly sockets: Pick<Sockets, "openUdpPorts">;
  /** Tells of somebody who gets no answer, each address and reason once a minute, and of so many in all. */
  tell(address: string, why: string): void;
}

/** By the system's word, the ports that could not be bound. */
export type NotBound = Readonly<Record<Transport, ReadonlyMap<string, readonly number[]>>>;

export interface StaticResponder {
  readonly bound: Readonly<Record<Transport, number>>;
  readonly notBound: NotBound;
  /** Releases every port. */
  close(): void;
}

interface Bound {
  readonly refused: ReadonlyMap<number, string>;
  readonly count: number;
  close(): void;
}

/** Binds what it can. Never rejects for a port that it cannot have. */
export async function startStaticResponder(options: StaticOptions, parts: StaticParts): Promise<StaticResponder> {
  const noteRefused = tellStatic(parts.tell, parts.world.monotonicMs);
  const [tcp, udp] = await Promise.all(TRANSPORTS.map((transport) => bind(transport, options, parts, noteRefused)));
  return {
    bound: { tcp: tcp!.count, udp: udp!.count },
    notBound: { tcp: byWord(tcp!.refused), udp: byWord(udp!.refused) },
    close: () => {
      for (const each of [tcp!, udp!]) each.close();
    },
  };
}

async function bind(
  transport: Transport,
  { address, key, listed, allows }: StaticOptions,
  { world, sockets }: StaticParts,
  noteRefused: NoteRefused,
): Promise<Bound> {
  const ports = Uint16Array.from(listed[transport].flatMap((span) => [...portsOf([span])]));
  const book = new StaticBook(key, transport, ports, world.wallMs);
  const reply = (port: number, bytes: Uint8Array, { address: from }: Sender) => {
    const answer = book.reply(port, bytes);
    if (typeof answer !== "string") return answer;
    noteRefused(answer, from);
    return undefined;
  };
  try {
    const held =
      transport === "tcp"
        ? new TcpPorts({ address, hears: allows, reply, onRefused: noteRefused })
        : sockets.openUdpPorts({
            address,
            // One byte more shows that a datagram is too long for a token.
            datagramBytes: TOKEN_BYTES + 1,
            onDatagram: (port, bytes, from) => {
              if (allows(from.address)) return reply(port, bytes, from);
              noteRefused("foreign-sender", from.address);
              return undefined;
            },
          });
    const refused = await held.bind(ports);
    return { refused, count: held.size, close: () => held.close() };
  } catch (error) {
    const code = codeOf(error);
    return { refused: new Map(Array.from(ports, (port) => [port, code])), count: 0, close: () => {} };
  }
}

function byWord(refused: ReadonlyMap<number, string>): ReadonlyMap<string, readonly number[]> {
  const words = new Map<string, number[]>();
  for (const [port, word] of refused) {
    const ports = words.get(word) ?? [];
    words.set(word, ports);
    ports.push(port);
  }
  return words;
}
