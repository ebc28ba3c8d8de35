/** Which session holds which port of this machine, and which were held a short while ago. */
import type { Transport } from "../model/words.ts";

/** A stateful firewall forgets a flow within this time. */
const MIRROR_MS = 300_000;

export class PortClaims {
  readonly #holders = { tcp: new Map<number, object>(), udp: new Map<number, object>() };
  readonly #heldAtMs = { tcp: new Map<number, number>(), udp: new Map<number, number>() };
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  get size(): number {
    return this.#holders.tcp.size + this.#holders.udp.size;
  }

  holder(transport: Transport, port: number): object | undefined {
    return this.#holders[transport].get(port);
  }

  claim(transport: Transport, ports: Iterable<number>, session: object): void {
    const nowMs = this.#monotonicMs();
    for (const port of ports) {
      this.#holders[transport].set(port, session);
      this.#heldAtMs[transport].set(port, nowMs);
    }
  }

  /** Gives up these ports, or all that the session holds. */
  giveUp(transport: Transport, session: object, ports: Iterable<number> = [...this.#holders[transport].keys()]): void {
    const nowMs = this.#monotonicMs();
    for (const port of ports) {
      if (this.#holders[transport].get(port) !== session) continue;
      this.#holders[transport].delete(port);
      this.#heldAtMs[transport].set(port, nowMs);
    }
  }

  /** Whether a flow to this port may still be known on the way, so that one from it would prove nothing. */
  wasAsked(transport: Transport, port: number): boolean {
    const heldAtMs = this.#heldAtMs[transport].get(port);
    return this.#holders[transport].has(port) || (heldAtMs !== undefined && this.#monotonicMs() - heldAtMs < MIRROR_MS);
  }
}
