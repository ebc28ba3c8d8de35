/** Which session holds which port of this machine, and which were held a short while ago. */
import type { Transport } from "../model/words.ts";

/** A stateful firewall forgets a flow within this time. */
const MIRROR_MS = 300_000;
const PORTS = 65_536;

/** By port: thousands are claimed at once. */
interface Claims {
  readonly holders: (object | undefined)[];
  readonly heldAtMs: Float64Array;
  held: number;
}

export class PortClaims {
  readonly #claims = { tcp: noClaims(), udp: noClaims() };
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  get size(): number {
    return this.#claims.tcp.held + this.#claims.udp.held;
  }

  holder(transport: Transport, port: number): object | undefined {
    return this.#claims[transport].holders[port];
  }

  claim(transport: Transport, ports: Iterable<number>, session: object): void {
    const nowMs = this.#monotonicMs();
    const claims = this.#claims[transport];
    for (const port of ports) {
      if (claims.holders[port] === undefined) claims.held++;
      claims.holders[port] = session;
      claims.heldAtMs[port] = nowMs;
    }
  }

  /** Gives up these ports, or all that the session holds. */
  giveUp(transport: Transport, session: object, ports?: Iterable<number>): void {
    const nowMs = this.#monotonicMs();
    const claims = this.#claims[transport];
    for (const port of ports ?? claims.holders.keys()) {
      if (claims.holders[port] !== session) continue;
      claims.holders[port] = undefined;
      claims.heldAtMs[port] = nowMs;
      claims.held--;
    }
  }

  /** Whether a flow to this port may still be known on the way, so that one from it would prove nothing. */
  wasAsked(transport: Transport, port: number): boolean {
    const { holders, heldAtMs } = this.#claims[transport];
    return holders[port] !== undefined || this.#monotonicMs() - heldAtMs[port]! < MIRROR_MS;
  }
}

function noClaims(): Claims {
  return {
    holders: new Array(PORTS).fill(undefined),
    heldAtMs: new Float64Array(PORTS).fill(Number.NEGATIVE_INFINITY),
    held: 0,
  };
}
