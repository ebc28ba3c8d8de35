/** The tokens that are good at the bound ports of one session, and at which of them one arrived. */
import { timingSafeEqual } from "node:crypto";
import type { PortTokens } from "./answers.ts";
import { TOKEN_BYTES, tokenAt } from "./key.ts";

const PORTS = 65_536;
/** Replies that a port gives in one session: whoever overheard a token can repeat it no further. */
export const REPLIES_A_PORT = 32;

export class TokenBook {
  /** Where the tokens of a port are: 1 for the first; 0 for a port that is not bound. */
  readonly #placeOf = new Uint32Array(PORTS);
  readonly #arrivals = new Uint8Array(PORTS);
  #places: { readonly request: Uint8Array; readonly reply: Uint8Array }[] = [];

  /** Makes the tokens of these ports good, and forgets what arrived at them before. */
  add(ports: Uint16Array, tokens: PortTokens): void {
    for (const [index, port] of ports.entries()) {
      this.#arrivals[port] = 0;
      const place = { request: tokenAt(tokens.request, index), reply: tokenAt(tokens.reply, index) };
      if (this.#placeOf[port] === 0) this.#placeOf[port] = this.#places.push(place);
      else this.#places[this.#placeOf[port]! - 1] = place;
    }
  }

  /** No token is good any more. What arrived stays known. */
  clear(): void {
    this.#places = [];
    this.#placeOf.fill(0);
  }

  /** The reply to what came to a port, noting that it arrived; undefined for whatever is not its token. */
  reply(port: number, bytes: Uint8Array): Uint8Array | undefined {
    const place = this.#places[this.#placeOf[port]! - 1];
    if (place === undefined || bytes.length !== TOKEN_BYTES) return undefined;
    if (!timingSafeEqual(bytes, place.request) || this.#arrivals[port]! >= REPLIES_A_PORT) return undefined;
    this.#arrivals[port]!++;
    return place.reply;
  }

  /** How often the token of each port arrived. */
  arrived(ports: Uint16Array): Uint8Array {
    return Uint8Array.from(ports, (port) => this.#arrivals[port]!);
  }
}
