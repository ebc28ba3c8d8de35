/**
 * Endpoints and port numbers: the vocabulary of "where". Ports are 1-65535; lists of spans keep the order in which
 * they were written.
 */
import type { Transport } from "./words.ts";

/** A resolved address, never a name. */
export interface Endpoint {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
}

/** Ports `first` to `last`, both included; step 2 keeps the parity of `first` (even RTP, odd RTCP). */
export interface PortSpan {
  readonly first: number;
  readonly last: number;
  readonly step: 1 | 2;
}

/** A span of one port. */
export function onePort(port: number): PortSpan {
  return { first: port, last: port, step: 1 };
}

/** How many ports the spans hold. */
export function countPorts(spans: readonly PortSpan[]): number {
  return spans.reduce((sum, span) => sum + Math.floor((span.last - span.first) / span.step) + 1, 0);
}

/** Every port of the spans, in order. */
export function* portsOf(spans: readonly PortSpan[]): Generator<number> {
  for (const span of spans) {
    for (let port = span.first; port <= span.last; port += span.step) yield port;
  }
}

/** Ascending ports, each once, as the fewest spans without gaps. */
export function spansOf(ports: readonly number[]): readonly PortSpan[] {
  const spans: PortSpan[] = [];
  for (const port of ports) {
    const last = spans.at(-1);
    if (last?.last === port - 1) spans[spans.length - 1] = { ...last, last: port };
    else spans.push(onePort(port));
  }
  return spans;
}

/** Whether one of the spans holds the port. */
export function holdsPort(spans: readonly PortSpan[], port: number): boolean {
  return spans.some((span) => port >= span.first && port <= span.last && (port - span.first) % span.step === 0);
}

/** A number of ports, or of anything, with a comma between thousands: `9,968`. */
export function formatCount(count: number): string {
  return `${count}`.replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Ports as people write them, ascending: `[22801, 22810, 22811, 22812]` gives `22801,22810-22812`. */
export function formatPorts(ports: Iterable<number>): string {
  const sorted = [...ports].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (end + 1 < sorted.length && sorted[end + 1]! <= sorted[end]! + 1) end++;
    const [first, last] = [sorted[at]!, sorted[end]!];
    parts.push(first === last ? `${first}` : `${first}-${last}`);
    at = end + 1;
  }
  return parts.join(",");
}

/** `10.0.0.1:389` or `[2001:db8::1]:389`. */
export function formatEndpoint(endpoint: Pick<Endpoint, "address" | "port">): string {
  const address = endpoint.address.includes(":") ? `[${endpoint.address}]` : endpoint.address;
  return `${address}:${endpoint.port}`;
}
