/**
 * Flows by which the far end reached us. A stateful firewall knows each of them, and lets through what mirrors one: a
 * request of ours over such a pair of ports would prove nothing.
 */
import type { Transport } from "../model/words.ts";

const PORTS = 65_536;

export class Flows {
  readonly #known: Readonly<Record<Transport, Set<number>>> = { tcp: new Set(), udp: new Set() };

  add(transport: Transport, own: number, far: number): void {
    this.#known[transport].add(own * PORTS + far);
  }

  /** Whether the far end reached that port of ours from this one of its own. */
  has(transport: Transport, own: number, far: number): boolean {
    return this.#known[transport].has(own * PORTS + far);
  }
}
