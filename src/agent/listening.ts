/**
 * Where the agent can be looked at. A port that is taken keeps nobody from probing: it is tried again until it is free.
 */
import type { World } from "../model/prober.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { ListenConfig } from "./config.ts";
import type { AgentLog } from "./log.ts";
import type { AgentServer } from "./server.ts";

const RETRY_MS = 10_000;

export interface ListeningParts {
  readonly world: Pick<World, "sleep">;
  readonly log: AgentLog;
  /** Rejects with ConfigError where the address or the port cannot be had. */
  start(listen: ListenConfig): Promise<AgentServer>;
}

export class Listening {
  readonly #parts: ListeningParts;
  /** Ends the tries to have a port that is taken. */
  #trying = new AbortController();
  #wanted: ListenConfig | undefined;
  #server: AgentServer | undefined;
  /** Resolves when nobody is answered any more by those before. */
  #left: Promise<unknown> = Promise.resolve();

  constructor(parts: ListeningParts) {
    this.#parts = parts;
  }

  get local(): AgentServer["local"] | undefined {
    return this.#server?.local;
  }

  /** Listens, now or as soon as the port is free. */
  async begin(listen: ListenConfig | undefined): Promise<void> {
    this.#wanted = listen;
    if (listen === undefined) return;
    try {
      this.#server = await this.#start(listen);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const seconds = RETRY_MS / 1_000;
      this.#parts.log.error(`${error.message}; probing goes on, and it is tried again every ${seconds} s`, {});
      void this.#tryAgain(listen, this.#trying.signal);
    }
  }

  /**
   * Listens elsewhere: the new place first, so that a port that is taken changes nothing; only where it is the same one is
   * it left before. Whoever is being answered there, as who asked for the reload is, is not waited for. Rejects with
   * ConfigError.
   */
  async move(listen: ListenConfig | undefined): Promise<void> {
    const before = this.#wanted;
    const isSamePlace = before?.address === listen?.address && before?.port === listen?.port;
    if (isSamePlace && before?.token === listen?.token) return;
    const old = this.#server;
    if (isSamePlace) this.#leave(old);
    let server: AgentServer | undefined;
    try {
      server = listen && (await this.#start(listen));
    } catch (error) {
      // Somebody was quicker to take the port than we to take it again: perhaps only for a moment.
      if (isSamePlace && old !== undefined) await this.begin(before);
      throw error;
    }
    this.#trying.abort();
    this.#trying = new AbortController();
    this.#wanted = listen;
    this.#server = server;
    if (!isSamePlace) this.#leave(old);
  }

  /** Those who look are told that there is something new. */
  changed(): void {
    this.#server?.changed();
  }

  async close(): Promise<void> {
    this.#trying.abort();
    await this.#server?.close();
    await this.#left;
  }

  /** It listens no more from now on, and ends within a second. */
  #leave(server: AgentServer | undefined): void {
    this.#left = Promise.all([this.#left, server?.close()]);
  }

  /** What is wrong with it is said with its place in the file. */
  async #start(listen: ListenConfig): Promise<AgentServer> {
    try {
      return await this.#parts.start(listen);
    } catch (error) {
      throw error instanceof ConfigError && listen.place !== undefined ? error.at(listen.place) : error;
    }
  }

  async #tryAgain(listen: ListenConfig, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#parts.world.sleep(RETRY_MS, signal);
      if (signal.aborted) return;
      const server = await this.#parts.start(listen).catch(() => undefined);
      if (server === undefined) continue;
      if (signal.aborted) await server.close();
      else this.#server = server;
      return;
    }
  }
}
