/** Sends each UDP port its token from one fresh port, and again to those that stay silent. */
import type { UdpError, UdpSocket } from "#node-dgram-ext";
import type { PortError } from "../model/far-end.ts";
import type { Ask, AskParts, Question } from "./ask.ts";
import { TOKEN_BYTES, tokenAt } from "./key.ts";

/** Datagrams between two looks at what came back: no socket's usual buffer is filled by their replies. */
const BURST = 64;
/** The shortest wait for replies after the first round; it doubles with each. */
const LEAST_WAIT_MS = 25;
/** How long a reply may be late that must have been sent. */
const LATE_REPLY_MS = 100;
const LOOK_EVERY_MS = 5;
/** How often a port is tried that may be used. */
const SOURCE_TRIES = 8;
const RECEIVE_BUFFER_BYTES = 4 << 20;

export const askUdp: Ask = async (question, parts, signal) => {
  const { attempts } = question;
  const asking = new Asking(question, parts.world.monotonicMs);
  const { answered, unsent, errors } = asking;
  const socket = await openFresh(question, parts, asking);
  if (socket === undefined) return { answered, unsent, errors, packets: 0 };
  try {
    for (let round = 0; round < attempts && asking.left > 0 && !signal.aborted; round++) {
      await asking.send(socket, parts.world, signal);
      await asking.wait(LEAST_WAIT_MS * 2 ** round, parts.world, signal);
    }
    if ((await question.whenAsked?.(answered)) === true) await asking.wait(LATE_REPLY_MS, parts.world, signal);
  } finally {
    socket.close();
  }
  return { answered, unsent, errors, packets: asking.packets };
};

/** A socket whose port may be used; undefined when there is none. */
async function openFresh(question: Question, { sockets }: AskParts, asking: Asking): Promise<UdpSocket | undefined> {
  const unfit: UdpSocket[] = [];
  try {
    while (unfit.length < SOURCE_TRIES) {
      const socket = await sockets.openUdp({
        family: question.address.includes(":") ? 6 : 4,
        source: question.source,
        receiveBufferBytes: RECEIVE_BUFFER_BYTES,
        onDatagram: (bytes, from) => asking.heard(bytes, from),
        onError: (error) => asking.failed(error),
      });
      if (socket.local === undefined) return undefined;
      if (question.mayUse(socket.local.port)) return socket;
      unfit.push(socket);
    }
    return undefined;
  } finally {
    for (const socket of unfit) socket.close();
  }
}

class Asking {
  readonly answered: Uint8Array;
  readonly unsent: Uint8Array;
  readonly errors = new Map<number, PortError>();
  packets = 0;
  left: number;
  readonly #question: Question;
  readonly #indexOf: ReadonlyMap<number, number>;
  readonly #nowMs: () => number;
  readonly #sentMs: Float64Array;
  #slowestMs: number;

  constructor(question: Question, nowMs: () => number) {
    this.#question = question;
    this.answered = new Uint8Array(question.ports.length);
    this.unsent = new Uint8Array(question.ports.length);
    this.#nowMs = nowMs;
    this.#indexOf = new Map(Array.from(question.ports, (port, index) => [port, index]));
    this.#sentMs = new Float64Array(question.ports.length);
    this.#slowestMs = question.rttMs;
    this.left = question.ports.length;
  }

  heard(bytes: Uint8Array, from: { readonly address: string; readonly port: number }): void {
    const { address, tokens } = this.#question;
    const index = this.#indexOf.get(from.port);
    if (index === undefined || from.address !== address || bytes.length !== TOKEN_BYTES) return;
    if (this.answered[index] !== 0 || Buffer.compare(bytes, tokenAt(tokens.reply, index)) !== 0) return;
    this.answered[index] = 1;
    this.left--;
    this.#slowestMs = Math.max(this.#slowestMs, this.#nowMs() - this.#sentMs[index]!);
  }

  /** An ICMP error came for a port, or our own side let the last datagram to it not out. */
  failed({ code, icmp, syscall, to }: UdpError): void {
    const index = to && this.#indexOf.get(to.port);
    if (index === undefined) return;
    this.errors.set(to!.port, { code, ...(icmp !== undefined && { icmp }) });
    if (syscall !== "send" || this.unsent[index] !== 0) return;
    this.unsent[index] = 1;
    this.packets--;
  }

  /** Asks every port that has not answered, at the pace that was wished. */
  async send(socket: UdpSocket, world: AskParts["world"], signal: AbortSignal): Promise<void> {
    const { ports, tokens, address, perSecond } = this.#question;
    const startedMs = this.#nowMs();
    let sent = 0;
    for (const [index, port] of ports.entries()) {
      if (this.answered[index] !== 0) continue;
      if (signal.aborted) return;
      this.#sentMs[index] = this.#nowMs();
      this.unsent[index] = 0;
      socket.send(tokenAt(tokens.request, index), { address, port });
      this.packets++;
      if (++sent % BURST !== 0) continue;
      const earlyMs = startedMs + (sent * 1000) / perSecond - this.#nowMs();
      if (earlyMs >= 1) await world.sleep(earlyMs, signal);
      else await new Promise((turned) => setImmediate(turned));
    }
  }

  /** Until all have answered, or nothing can be expected any more. */
  async wait(leastMs: number, world: AskParts["world"], signal: AbortSignal): Promise<void> {
    const startedMs = this.#nowMs();
    while (this.left > 0 && !signal.aborted) {
      if (this.#nowMs() - startedMs >= Math.max(leastMs, 2 * this.#slowestMs)) return;
      await world.sleep(LOOK_EVERY_MS, signal);
    }
  }
}
