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

  /** Whether the far end reached that port of ours from any of these of its own. */
  has(transport: Transport, own: number, far: Iterable<number>): boolean {
    const known = this.#known[transport];
    if (known.size === 0) return false;
    for (const port of far) if (known.has(own * PORTS + port)) return true;
    return false;
  }
}
