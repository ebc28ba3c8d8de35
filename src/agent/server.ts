/** The agent's own small web server: read-only, bounded in everything that a client can make it hold. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ConfigError } from "../profile/config-error.ts";
import { bearsToken, isLoopback, namesLoopback } from "./access.ts";
import type { ListenConfig } from "./config.ts";
import { capConnections } from "./connections.ts";
import { EVENT_STREAM, EventStream, type EventStreamOptions } from "./event-stream.ts";
import { HeldBodies } from "./held-bodies.ts";
import { type Reply, SAFE_HEADERS, says, send } from "./reply.ts";
import { createRoutes, type Route, type RouteParts, type Routes } from "./routes.ts";

export interface ServerParts extends RouteParts {
  /** Told of what went wrong inside, once for each time. */
  trouble(error: unknown): void;
  /** For tests. */
  readonly limits?: Partial<ServerLimits>;
}

export interface AgentServer {
  readonly local: { readonly address: string; readonly port: number };
  /** There are new results: who listens is told, and what was written is written anew. */
  changed(): void;
  /** Ends within a second, whoever is still connected. */
  close(): Promise<void>;
}

/** What a client can make us hold, and for how long. */
export interface ServerLimits {
  readonly connections: number;
  /** From the first byte of a connection or request to the end of its headers, and of its body. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** An answer that is not read by then is dropped. */
  readonly responseMs: number;
  readonly headerBytes: number;
  /** Of all answers that wait for slow readers. */
  readonly heldBytes: number;
  readonly events: EventStreamOptions;
}

const LIMITS: ServerLimits = {
  connections: 256,
  headersMs: 10_000,
  requestMs: 15_000,
  idleMs: 30_000,
  responseMs: 150_000,
  headerBytes: 16 * 1024,
  heldBytes: 64 * 2 ** 20,
  events: EVENT_STREAM,
};

const URL_CHARACTERS = 2_048;
const HEADERS = 100;
const KEEP_ALIVE_MS = 5_000;
/** How often headersMs and requestMs are looked after. */
const CHECK_MS = 1_000;
const CLOSE_MS = 1_000;

/**
 * Listens. Rejects with a ConfigError when the address or the port cannot be had, and when others than this machine could
 * look without a token.
 */
export async function startServer(listen: ListenConfig, parts: ServerParts): Promise<AgentServer> {
  if (listen.token === "" || (listen.token === undefined && !isLoopback(listen.address))) {
    throw new ConfigError(`listen: ${listen.address} can be reached from elsewhere`, "give it a token");
  }
  const limits = { ...LIMITS, ...parts.limits };
  const events = new EventStream(limits.events);
  const desk = new Desk(createRoutes(parts), events, { parts, token: listen.token, limits });
  const server = createBoundedServer(limits, (request, response) => desk.take(request, response));
  await listening(server, listen).catch((error: unknown) => {
    events.close();
    throw error;
  });
  server.on("error", (error) => parts.trouble(error));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a TCP listener has an address and a port");
  return {
    local: { address: bound.address, port: bound.port },
    changed: () => desk.changed(),
    close: () => closeServer(server, events),
  };
}

function createBoundedServer(limits: ServerLimits, take: Parameters<typeof createServer>[1]): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
      maxHeaderSize: limits.headerBytes,
      noDelay: true,
    },
    take,
  );
  server.maxHeadersCount = HEADERS;
  server.timeout = limits.idleMs;
  capConnections(server, limits.connections);
  return server;
}

/** Why a port cannot be had, in words. */
const LISTEN_TROUBLE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there",
  EACCES: "this needs a privilege, as ports below 1024 do",
  EADDRNOTAVAIL: "this machine does not have that address",
};

function listening(server: Server, { address, port }: ListenConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const where = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
      const why = LISTEN_TROUBLE[error.code ?? ""] ?? error.message;
      reject(new ConfigError(`listen: cannot listen on ${where}: ${why}`, "choose another address or port"));
    });
    server.listen({ host: address, port, exclusive: true }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

function closeServer(server: Server, events: EventStream): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    events.close();
    server.closeIdleConnections();
  });
}

interface DeskOptions {
  readonly parts: ServerParts;
  readonly token: string | undefined;
  readonly limits: ServerLimits;
}

/** Takes requests: who may ask, what, and in which way. */
class Desk {
  readonly #routes: Routes;
  readonly #events: EventStream;
  readonly #options: DeskOptions;
  readonly #held: HeldBodies;

  constructor(routes: Routes, events: EventStream, options: DeskOptions) {
    this.#held = new HeldBodies(options.limits.heldBytes);
    this.#routes = routes;
    this.#events = events;
    this.#options = options;
  }

  changed(): void {
    this.#routes.changed();
    this.#events.changed();
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const { parts, limits } = this.#options;
    const url = (request.url ?? "").length > URL_CHARACTERS ? undefined : parseUrl(request.url);
    const path = url?.pathname ?? "";
    const route = this.#routes.byPath.get(path);
    response.once("close", () => parts.metrics.noteRequest(route === undefined ? "other" : path, response.statusCode));
    const refused = this.#refusal(request, url, route);
    if (refused !== undefined || url === undefined || route === undefined) {
      send(request, response, refused ?? NOT_FOUND);
      return;
    }
    if (route.answer === "events") {
      this.#listen(request, response);
      return;
    }
    const late = setTimeout(() => response.destroy(), limits.responseMs).unref();
    response.once("close", () => clearTimeout(late));
    const { answer } = route;
    const asked = { query: url.searchParams, headers: request.headers };
    const reply = async () => this.#held.hold(send(request, response, await answer(asked)), response);
    reply().catch((error: unknown) => {
      parts.trouble(error);
      if (response.headersSent) response.destroy();
      else send(request, response, says(500, "something went wrong here; the log says what"));
    });
  }

  /** Why a request is not answered; undefined where it is. */
  #refusal(request: IncomingMessage, url: URL | undefined, route: Route | undefined): Reply | undefined {
    const { token } = this.#options;
    const { method = "", headers } = request;
    if (url === undefined)
      return says((request.url ?? "").length > URL_CHARACTERS ? 414 : 400, "no path of this server");
    // With a token, a page that points its own name to this machine gets nowhere: it does not have it.
    if (token === undefined && !namesLoopback(headers.host)) {
      return says(421, "ask for localhost: without a token only this machine is answered");
    }
    if (route === undefined) return NOT_FOUND;
    const { methods = ["GET", "HEAD"] } = route;
    if (!methods.includes(method)) return says(405, `takes ${methods.join(" and ")}`, { Allow: methods.join(", ") });
    // A page from elsewhere may make a browser send a POST here; then the browser says from where.
    if (method !== "GET" && method !== "HEAD" && headers.origin !== undefined) return says(403, "not from a page");
    if (token === undefined || route.isOpen === true || bearsToken(headers, token)) return undefined;
    return says(401, "wants the token, as Bearer or as the password of Basic", {
      "WWW-Authenticate": 'Basic realm="unity-probe", charset="UTF-8"',
    });
  }

  #listen(request: IncomingMessage, response: ServerResponse): void {
    const { metrics } = this.#options.parts;
    if (!this.#events.hasRoom) {
      send(request, response, says(503, "too many listen already", { "Retry-After": "30" }));
      return;
    }
    response.writeHead(200, { ...SAFE_HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    this.#events.add(response);
    metrics.noteEventClients(this.#events.clients);
    response.once("close", () => metrics.noteEventClients(this.#events.clients));
  }
}

const NOT_FOUND = says(404, "not found");

/** The path and the query of a request line; undefined where they are none. */
function parseUrl(text = ""): URL | undefined {
  if (!text.startsWith("/") || text.startsWith("//")) return undefined;
  try {
    return new URL(text, "http://localhost");
  } catch {
    return undefined;
  }
}
