/** The tokens that are good at the bound ports of one session, and at which of them one arrived. */
import { timingSafeEqual } from "node:crypto";
import type { PortTokens } from "./answers.ts";
import { TOKEN_BYTES, tokenAt } from "./key.ts";
import type { RefusedKind } from "./refused.ts";

const PORTS = 65_536;
/** Replies that a port gives in one session: whoever overheard a token can repeat it no further. */
export const REPLIES_A_PORT = 32;

export class TokenBook {
  /** The tokens that a port's are among; undefined for one that is not bound. No object for each port: there are thousands. */
  readonly #tokens: (PortTokens | undefined)[] = new Array(PORTS);
  readonly #indexes = new Uint16Array(PORTS);
  readonly #arrivals = new Uint8Array(PORTS);
  /** 1 for each port that was reached from an address which is not heard. */
  readonly #elsewhere = new Uint8Array(PORTS);

  /** Makes the tokens of these ports good, and forgets what arrived at them before. */
  add(ports: Uint16Array, tokens: PortTokens): void {
    for (const [index, port] of ports.entries()) {
      this.#tokens[port] = tokens;
      this.#indexes[port] = index;
      this.#arrivals[port] = 0;
      this.#elsewhere[port] = 0;
    }
  }

  /** The tokens of these ports are good no more. What arrived stays known. */
  remove(ports: Iterable<number>): void {
    for (const port of ports) this.#tokens[port] = undefined;
  }

  /** No token is good any more. */
  clear(): void {
    this.#tokens.fill(undefined);
  }

  /**
   * The reply to what came to a port, noting that it arrived; or why there is none. Undefined where the port has no token:
   * it is just being bound or released, and nothing can be said of what came.
   */
  reply(port: number, bytes: Uint8Array): Uint8Array | RefusedKind | undefined {
    const tokens = this.#tokens[port];
    if (tokens === undefined) return undefined;
    const index = this.#indexes[port]!;
    if (!isRequest(tokens, index, bytes)) return "no-token";
    if (this.#arrivals[port]! >= REPLIES_A_PORT) return "repeated-token";
    this.#arrivals[port]!++;
    return tokenAt(tokens.reply, index);
  }

  /**
   * Notes what came to a port from an address that is not heard: over UDP only its own token counts, and over TCP, where
   * nothing is read from there, the connection.
   */
  noteElsewhere(port: number, bytes?: Uint8Array): void {
    const tokens = this.#tokens[port];
    if (tokens === undefined) return;
    if (bytes === undefined || isRequest(tokens, this.#indexes[port]!, bytes)) this.#elsewhere[port] = 1;
  }

  /** Which of the ports were reached from an address that is not heard. */
  elsewhere(ports: Uint16Array): Uint8Array {
    return Uint8Array.from(ports, (port) => this.#elsewhere[port]!);
  }

  /** How often the token of each port arrived. */
  arrived(ports: Uint16Array): Uint8Array {
    return Uint8Array.from(ports, (port) => this.#arrivals[port]!);
  }
}

function isRequest({ request }: PortTokens, index: number, bytes: Uint8Array): boolean {
  return bytes.length === TOKEN_BYTES && timingSafeEqual(bytes, tokenAt(request, index));
}
