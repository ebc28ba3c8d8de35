/** Which session holds which port of this machine, and which were held a short while ago. */
import { type PortSpan, portsOf } from "../model/ports.ts";
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
  readonly #claims: Readonly<Record<Transport, Claims>>;
  readonly #monotonicMs: () => number;

  /** All that may be bound counts as held until now: nobody here knows what a responder before this one held. */
  constructor(monotonicMs: () => number, listed: Readonly<Record<Transport, readonly PortSpan[]>>) {
    this.#monotonicMs = monotonicMs;
    const nowMs = monotonicMs();
    this.#claims = { tcp: noClaims(listed.tcp, nowMs), udp: noClaims(listed.udp, nowMs) };
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

  /** Those of a span of ports to which no flow may still be known on the way. */
  fresh(transport: Transport, { from, to }: { readonly from: number; readonly to: number }): Uint16Array {
    const span = Uint16Array.from({ length: to - from + 1 }, (_, at) => from + at);
    return span.filter((port) => !this.wasAsked(transport, port));
  }

  /** Whether a flow to this port may still be known on the way, so that one from it would prove nothing. */
  wasAsked(transport: Transport, port: number): boolean {
    const { holders, heldAtMs } = this.#claims[transport];
    return holders[port] !== undefined || this.#monotonicMs() - heldAtMs[port]! < MIRROR_MS;
  }
}

function noClaims(listed: readonly PortSpan[], nowMs: number): Claims {
  const heldAtMs = new Float64Array(PORTS).fill(Number.NEGATIVE_INFINITY);
  for (const port of portsOf(listed)) heldAtMs[port] = nowMs;
  return { holders: new Array(PORTS).fill(undefined), heldAtMs, held: 0 };
}
