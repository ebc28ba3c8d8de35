/** Ports as the messages name them: spans, and a bit for each port of them. */
import type { Span } from "../wire/responder.ts";

/** Ascending ports as spans. */
export function spansOf(ports: Iterable<number>): Span[] {
  const spans: [number, number][] = [];
  for (const port of ports) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === port - 1) last[1] = port;
    else spans.push([port, port]);
  }
  return spans;
}

export function portsIn(spans: readonly Span[]): Uint16Array {
  const ports = new Uint16Array(spans.reduce((sum, [first, last]) => sum + last - first + 1, 0));
  let at = 0;
  for (const [first, last] of spans) for (let port = first; port <= last; port++) ports[at++] = port;
  return ports;
}

/** Flags, 0 or not, as a bit map; the first in the highest bit of the first byte. */
export function bitsOf(flags: ArrayLike<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil(flags.length / 8));
  for (let at = 0; at < flags.length; at++) if (flags[at] !== 0) bits[at >> 3]! |= 0x80 >> (at & 7);
  return bits;
}

/** The first `count` bits, each 0 or 1; undefined for a map of another length. */
export function flagsIn(bits: Uint8Array, count: number): Uint8Array | undefined {
  if (bits.length !== Math.ceil(count / 8)) return undefined;
  return Uint8Array.from({ length: count }, (_, at) => (bits[at >> 3]! >> (7 - (at & 7))) & 1);
}
