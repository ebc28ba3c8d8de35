/**
 * Server-sent events: whoever listens is told that there is something new to fetch, never more than once in a while, so
 * that nothing piles up. Who does not read is let go.
 */
import type { ServerResponse } from "node:http";

export interface EventStreamOptions {
  readonly maxClients: number;
  /** Bytes that may wait for a client before it is let go. */
  readonly maxWaiting: number;
  /** Changes within this time are told as one; 0: each by itself. */
  readonly everyMs: number;
  /** A line that says nothing, so that proxies and the server's own time-outs see a living connection. */
  readonly heartbeatMs: number;
}

export const EVENT_STREAM: EventStreamOptions = {
  maxClients: 32,
  maxWaiting: 16 * 1024,
  everyMs: 1_000,
  heartbeatMs: 15_000,
};

/** How long a browser waits before it connects again. */
const RETRY_MS = 5_000;

export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #clients = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;
  #pause: NodeJS.Timeout | undefined;
  #isDue = false;
  #changes = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#tell(": still here\n\n"), options.heartbeatMs).unref();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether one more may listen. */
  get hasRoom(): boolean {
    return this.#clients.size < this.#options.maxClients;
  }

  /** Takes a client whose headers were written. It is told at once, since it may have missed a change. */
  add(client: ServerResponse): void {
    this.#clients.add(client);
    client.once("close", () => this.#clients.delete(client));
    client.write(`retry: ${RETRY_MS}\n\n${this.#event()}`);
  }

  /** Something changed: `event: status`, whose data is no more than a number; the status itself is fetched anew. */
  changed(): void {
    this.#changes++;
    if (this.#pause !== undefined) {
      this.#isDue = true;
      return;
    }
    this.#tell(this.#event());
    if (this.#options.everyMs === 0) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.changed();
    }, this.#options.everyMs).unref();
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#pause);
    for (const client of this.#clients) client.end();
  }

  #event(): string {
    return `event: status\nid: ${this.#changes}\ndata: {"changes":${this.#changes}}\n\n`;
  }

  #tell(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > this.#options.maxWaiting) client.destroy();
      else client.write(text);
    }
  }
}
