/** What the head of an HTTP response says beside its status: who answered, what they want, where they send us. */
import type { HttpHead } from "../net/http.ts";

/** RFC 9110 section 15.5.8: a proxy's own word, whatever stands behind it. */
const PROXY_AUTHENTICATION_REQUIRED = 407;
/** A gateway may say these about a server that it did not reach (RFC 9110 sections 15.6.3 to 15.6.5). */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** Fields that only something on the way adds. */
const PROXY_FIELDS = ["via", "proxy-agent", "proxy-connection", "x-cache", "x-bluecoat-via"] as const;

/** Names by which proxies and load balancers sign, at the beginning of Server. */
const PROXY_SERVERS =
  /^(?:squid|varnish|haproxy|envoy|istio-envoy|cloudflare|akamaighost|bigip|big-ip|netscaler|zscaler|mcafee web gateway|bluecoat|proxysg|fortiproxy|traffic ?server|ats\/|awselb|cloudfront|microsoft-azure-application-gateway|traefik)/i;

/** Squid adds it to what it says itself, and to nothing that it passes on. */
const OWN_ERROR_FIELD = "x-squid-error";
/** Proxies that stand before clients, not before servers: an error in their name is of their own making. */
const CLIENT_SIDE_PROXIES = /^(?:squid|mcafee web gateway|bluecoat|proxysg|fortiproxy|zscaler)/i;

const SCHEMES_MAX = 8;
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,40}$/;

/** Whether servers say this status of a server behind them. */
export function speaksOfAnother(status: number): boolean {
  return GATEWAY_STATUSES.has(status);
}

/** What shows that an intermediary answered on its own behalf; undefined where nothing does. */
export function intermediaryBehind(head: HttpHead): string | undefined {
  return head.status < 400 ? undefined : (ownError(head) ?? gatewaysWord(head));
}

/** Whatever the status: a refusal too, such as the 403 of a proxy that lets nobody through. */
function ownError({ headers }: HttpHead): string | undefined {
  const [error] = headers.get(OWN_ERROR_FIELD) ?? [];
  if (error !== undefined) return `${OWN_ERROR_FIELD}: ${error}`;
  const [server] = headers.get("server") ?? [];
  return server !== undefined && CLIENT_SIDE_PROXIES.test(server) ? `server: ${server}` : undefined;
}

function gatewaysWord({ status, headers }: HttpHead): string | undefined {
  const needsProof = status !== PROXY_AUTHENTICATION_REQUIRED;
  if (needsProof && !GATEWAY_STATUSES.has(status)) return undefined;
  const field = PROXY_FIELDS.find((name) => headers.has(name));
  if (field !== undefined) return `${field}: ${headers.get(field)![0]}`;
  const server = headers.get("server")?.[0];
  if (server !== undefined && (!needsProof || PROXY_SERVERS.test(server))) return `server: ${server}`;
  return needsProof ? undefined : "it wants a proxy's credentials";
}

/** The schemes of WWW-Authenticate, without what belongs to them (RFC 9110 section 11.6.1). */
export function authenticationSchemes(fields: readonly string[]): string[] {
  const words = fields.flatMap((field) =>
    withoutQuoted(field)
      .split(",")
      .map((part) => part.trim().split(" "))
      // `realm=x` goes on with the scheme before it.
      .flatMap(([word = ""]) => (TOKEN.test(word) ? [word] : [])),
  );
  return [...new Set(words)].slice(0, SCHEMES_MAX);
}

/** Commas and words inside quotation marks are nobody's scheme. */
function withoutQuoted(field: string): string {
  return field.replace(/"(?:[^"\\]|\\.)*"?/g, "");
}

/** Where a redirect leads, without what may be secret: no query, no fragment, no user. */
export function placeOf(location: string): string {
  // Clients take a backslash for a slash (WHATWG URL section 4.4).
  return location.replace(/[?#].*$/s, "").replace(/^([a-z][\w+.-]*:)?[\\/]{2,}[^\\/]*@/i, "$1//");
}
