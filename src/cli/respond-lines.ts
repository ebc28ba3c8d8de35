/** What `respond` tells while it runs: lines for people. */
import { formatCount } from "../model/ports.ts";
import type { ResponderEvent } from "../responder/server.ts";
import type { ListedPorts } from "./respond-ports.ts";

const SPANS_SHOWN = 6;

type Spans = readonly (readonly [first: number, last: number])[];

const ENDS = {
  ended: "is done",
  lost: "is gone",
  expired: "had its time",
  silence: "fell silent",
  shutdown: "is sent away, this responder ends",
  refused: "does not keep the protocol",
} as const;

/** One line about an event. */
export function eventLine(event: ResponderEvent): string {
  switch (event.what) {
    case "connected":
      return `${event.peer} is let in and connected`;
    case "ports":
      return `${event.peer} holds ${spansText(event.transport, event.bound)}`;
    case "ended":
      return `${event.peer} ${ENDS[event.why]}; its ports are free`;
    case "turned-away":
      return `${event.peer} turned away: ${event.why}`;
  }
}

/** The ports that may be asked for. */
export function listedText(listed: ListedPorts): string {
  const spans = (transport: "tcp" | "udp"): Spans => listed[transport].map(({ first, last }) => [first, last] as const);
  return (["udp", "tcp"] as const)
    .filter((transport) => listed[transport].length > 0)
    .map((transport) => spansText(transport, spans(transport)))
    .join(" and ");
}

/** `udp/22800-32767 (9,968 ports)`. */
function spansText(transport: string, spans: Spans): string {
  const ports = spans.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  if (ports === 0) return `no ${transport} port`;
  const shown = spans.slice(0, SPANS_SHOWN).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const more = spans.length > SPANS_SHOWN ? ",..." : "";
  return `${transport}/${shown.join(",")}${more} (${ports === 1 ? "1 port" : `${formatCount(ports)} ports`})`;
}
