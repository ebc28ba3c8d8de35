/**
 * HTTP and HTTPS (RFC 9110, RFC 9112): one GET, and the head of whatever answers. A status that says no is an answer
 * like any other; what a proxy says on its own behalf proves the proxy. Nothing is followed, and no credential is sent.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Dialogue, Reading } from "../model/prober.ts";
import { getHttp, type HttpHead } from "../net/http.ts";
import { authenticationSchemes, intermediaryBehind, placeOf, speaksOfAnother } from "./http-head.ts";
import { connectTls } from "./tls-old-peer.ts";

const TEXT_MAX = 120;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

const MAY_BE_ANOTHERS =
  "this status may speak of a server behind the one that answered; nothing in the answer names one";

interface Params {
  readonly path?: string;
  readonly host?: string;
}

export const http: Dialogue<Params> = {
  kind: "dialogue",
  id: "http",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 15_000,
  cost: { packets: 1, bytes: 1_024 },
  manners: { minIntervalMs: 0 },
  params: {
    path: { type: "string", about: "What is asked for, with its query. Default: /.", example: "/" },
    host: {
      type: "string",
      about: "Name in the Host header. Default: the server name of tls, else the host as given.",
    },
  },
  about: {
    protocol: "HTTP",
    title: "HTTP request",
    sends:
      "GET of one path with Host, User-Agent unity-probe, Accept */* and Connection: close; no body, no cookie, no credential. With tls: the handshake first, which offers http/1.1, and where it was refused a second one with TLS 1.0 and 1.1 too.",
    accepts:
      "Any well-formed status line and header block. Below 400 it is confirmed; 400 and above the service refuses, and has answered. 407, and 502, 503 or 504 that bear Via or the name of a proxy, are an intermediary's, and so is any error that Squid marks as its own or that bears the name of a proxy for clients: the server is unproven. A 502, 503 or 504 without such a mark counts as the server's own, with a warning. Redirects are told and not followed; proxies of the environment are not used.",
    proves: "An HTTP server answered: its status, its name for itself, how far its clock is from ours.",
    triggers: "A line in the server's log; some front ends begin a session with each GET of /.",
    specification: ["RFC 9110 sections 7.6.3, 9.3.1, 11.6.1 and 15", "RFC 9112 sections 2 to 6"],
  },
  async run(params, ask) {
    const { tls } = ask;
    const wish = tls && { ...tls, applicationProtocols: ["http/1.1"] };
    const reached = wish === undefined ? await inClear(ask.connect()) : await connectTls(ask, wish);
    if (reached === undefined) return undefined;
    const { pathname, search } = new URL(params.path ?? "/", "http://target.invalid");
    const name = params.host ?? tls?.serverName ?? ask.host;
    const defaultPort = tls === undefined ? DEFAULT_PORTS.http : DEFAULT_PORTS.https;
    const headers = {
      host: authority(name, ask.remote.port, defaultPort),
      "user-agent": "unity-probe",
      accept: "*/*",
    };
    const sentMs = ask.world.wallMs();
    const answer = await getHttp(reached.connection, { path: `${pathname}${search}`, headers });
    if ("ended" in answer) return undefined;
    if ("malformed" in answer) {
      return {
        service: "mismatch",
        detail: "something answers, but not HTTP",
        evidence: { malformed: answer.malformed },
        warnings: reached.warnings,
      };
    }
    const reading = readingOf(answer.head, (sentMs + ask.world.wallMs()) / 2);
    return { ...reading, warnings: [...reached.warnings, ...(reading.warnings ?? [])] };
  },
};

async function inClear<T>(connecting: Promise<T | undefined>) {
  const connection = await connecting;
  return connection && { connection, warnings: [] };
}

/** `dc01`, `dc01:8080` or `[2001:db8::1]`. */
function authority(name: string, port: number, defaultPort: number): string {
  const host = name.includes(":") ? `[${name}]` : name;
  return port === defaultPort ? host : `${host}:${port}`;
}

/** `wallMs` is our clock in the middle between request and answer. */
function readingOf(head: HttpHead, wallMs: number): Reading {
  const status = `HTTP ${head.status}${head.statusText === "" ? "" : ` ${short(head.statusText)}`}`;
  const evidence = evidenceOf(head, wallMs);
  const proxy = intermediaryBehind(head);
  if (proxy !== undefined) {
    const detail = `${status}: an intermediary answered (${short(proxy)}), not the server`;
    return { service: "intermediary", detail, evidence };
  }
  const server = first(head, "server");
  const by = server === undefined ? "" : `, ${short(server)}`;
  if (head.status >= 400) {
    const schemes = authenticationSchemes(head.headers.get("www-authenticate") ?? []);
    const wants = schemes.length === 0 ? "" : ` (${schemes.join(", ")})`;
    const warnings = speaksOfAnother(head.status) ? [MAY_BE_ANOTHERS] : [];
    return { service: "refused", detail: `answers, and refuses: ${status}${wants}${by}`, evidence, warnings };
  }
  const location = head.status >= 300 ? first(head, "location") : undefined;
  const to = location === undefined ? "" : ` to ${short(placeOf(location))}`;
  return { service: "confirmed", detail: `${status}${to}${by}`, evidence };
}

/** The listed fields and no others: a header may hold a session, a token or a name that is nobody's business. */
function evidenceOf(head: HttpHead, wallMs: number): Evidence {
  const [server, location, via] = ["server", "location", "via"].map((name) => first(head, name));
  const proxyAgent = first(head, "proxy-agent");
  const cache = first(head, "x-cache");
  const schemes = authenticationSchemes(head.headers.get("www-authenticate") ?? []);
  // Date has whole seconds: on average the server's clock is half a second past it.
  const clockOffsetS = Math.trunc((Date.parse(first(head, "date") ?? "") + 500 - wallMs) / 1_000) + 0;
  return {
    status: head.status,
    ...(server !== undefined && { server: short(server) }),
    ...(!Number.isNaN(clockOffsetS) && { clockOffsetS }),
    ...(location !== undefined && { location: short(placeOf(location)) }),
    ...(schemes.length > 0 && { authentication: schemes }),
    ...(via !== undefined && { via: short(via) }),
    ...(proxyAgent !== undefined && { proxyAgent: short(proxyAgent) }),
    ...(cache !== undefined && { cache: short(cache) }),
  };
}

function first({ headers }: HttpHead, name: string): string | undefined {
  return headers.get(name)?.[0];
}

function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}
