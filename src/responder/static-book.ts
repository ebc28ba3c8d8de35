/** Tokens without a session: each is good for the slot of time that it was made for and the slots beside it. */
import { timingSafeEqual } from "node:crypto";
import type { Transport } from "../model/words.ts";
import type { PortTokens } from "./answers.ts";
import { staticTokensFor, TOKEN_BYTES, tokenAt } from "./key.ts";
import type { RefusedKind } from "./refused.ts";

export const SLOT_MS = 60_000;
/** Replies that a port gives to the tokens of one slot: whoever overheard one can repeat it no further. */
export const REPLIES_A_SLOT = 16;
const PORTS = 65_536;

interface Slot {
  readonly tokens: PortTokens;
  /** Replies that were given, by port. */
  readonly replies: Uint8Array;
}

/** The slot of a time in milliseconds since 1970. */
export function slotOf(wallMs: number): number {
  return Math.floor(wallMs / SLOT_MS);
}

export class StaticBook {
  readonly #key: Uint8Array;
  readonly #transport: Transport;
  readonly #ports: Uint16Array;
  readonly #wallMs: () => number;
  /** Where a port stands among the others; 0 for one that is not among them, else 1 more. */
  readonly #places = new Uint32Array(PORTS);
  #slots: ReadonlyMap<number, Slot> = new Map();
  #now = Number.NaN;

  constructor(key: Uint8Array, transport: Transport, ports: Uint16Array, wallMs: () => number) {
    this.#key = key;
    this.#transport = transport;
    this.#ports = ports;
    this.#wallMs = wallMs;
    for (const [index, port] of ports.entries()) this.#places[port] = index + 1;
  }

  /** The reply to what came to a port, or why there is none. */
  reply(port: number, bytes: Uint8Array): Uint8Array | RefusedKind {
    const place = this.#places[port]!;
    if (place === 0 || bytes.length !== TOKEN_BYTES) return "no-token";
    this.#turn();
    for (const { tokens, replies } of this.#slots.values()) {
      if (!timingSafeEqual(bytes, tokenAt(tokens.request, place - 1))) continue;
      if (replies[port]! >= REPLIES_A_SLOT) return "repeated-token";
      replies[port]!++;
      return tokenAt(tokens.reply, place - 1);
    }
    return "no-token";
  }

  /** Keeps the last slot, this one and the next; what of them was answered already stays counted. */
  #turn(): void {
    const now = slotOf(this.#wallMs());
    if (now === this.#now) return;
    this.#now = now;
    const before = this.#slots;
    this.#slots = new Map([now - 1, now, now + 1].map((slot) => [slot, before.get(slot) ?? this.#slot(slot)]));
  }

  #slot(slot: number): Slot {
    return {
      tokens: staticTokensFor(this.#key, slot, this.#transport, this.#ports),
      replies: new Uint8Array(PORTS),
    };
  }
}
