/**
 * Whose answer a SIP response is. A proxy removes its own Via from what it passes back and leaves Server as it is
 * (RFC 3261 section 16.7), so most responses do not show whether they came from behind: only what does show is told.
 */
import type { Ask } from "../model/prober.ts";
import type { SipResponse } from "../wire/sip.ts";
import { headerList, headerValues } from "../wire/sip-headers.ts";
import { viasOf } from "../wire/sip-via.ts";

/** Request Timeout, Bad Gateway, Service Unavailable, Server Time-out. */
const OF_ANOTHER_HOP: ReadonlySet<number> = new Set([408, 502, 503, 504]);

/** Whether servers say this status of a server behind them (RFC 3261 sections 21.4.9 and 21.5). */
export function speaksOfAnotherHop(status: number): boolean {
  return OF_ANOTHER_HOP.has(status);
}

/**
 * What shows that another hop answered in place of the target; undefined where nothing does, and for every other
 * status. `provisional` is the response before it, which only the nearest hop sends (section 16.2).
 */
export function anotherHop(
  response: SipResponse,
  provisional: SipResponse | undefined,
  ask: Pick<Ask, "host" | "remote">,
): string | undefined {
  if (!speaksOfAnotherHop(response.status)) return undefined;
  const [, further] = viasOf(response.headers);
  if (further !== undefined) return `a Via of ${further.host}`;
  const agent = warningAgents(response).find((host) => !isTarget(host, ask));
  if (agent !== undefined) return `a Warning of ${agent}`;
  const [own] = provisional === undefined ? [] : headerValues(provisional.headers, "server");
  const [server] = headerValues(response.headers, "server");
  if (own !== undefined && server !== undefined && own !== server) return `Server ${server}, after ${own}`;
  return undefined;
}

/** Hosts that wrote a Warning (section 20.43). An agent may also be a pseudonym, which names nobody. */
function warningAgents({ headers }: SipResponse): readonly string[] {
  return headerList(headers, "warning").flatMap((warning) => {
    const [, agent = ""] = warning.split(/\s+/);
    const host = agent.startsWith("[") ? agent.slice(1).split("]")[0]! : agent.split(":")[0]!;
    return /[.:]/.test(host) ? [host] : [];
  });
}

function isTarget(host: string, { host: asked, remote }: Pick<Ask, "host" | "remote">): boolean {
  const lower = host.toLowerCase();
  return lower === asked.toLowerCase() || lower === remote.address.toLowerCase();
}
