/** A responder on loopback and probers of it, gone at the end of the block. */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { openSockets, type Sockets } from "#node-dgram-ext";
import type { NoFarEnd } from "../../src/model/far-end.ts";
import type { World } from "../../src/model/prober.ts";
import { connectResponder, ResponderSession } from "../../src/responder/client.ts";
import type { Certificates, Credentials } from "../../src/responder/credentials.ts";
import {
  type Responder,
  type ResponderEvent,
  type ResponderOptions,
  startResponder,
} from "../../src/responder/server.ts";

export const KEY = Uint8Array.from(randomBytes(32));

/** By system calls where this machine can, and always through Node. */
export const native = await openSockets();
export const portable = await openSockets(() => import("koffi-that-is-not-installed" as string));

export const world: World = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  randomBytes: (length) => randomBytes(length),
  secret: () => undefined,
};

export interface Running extends AsyncDisposable {
  readonly responder: Responder;
  readonly port: number;
  readonly events: readonly ResponderEvent[];
  /** Resolves with the first event that fits, also one of the past. */
  event(fits: (event: ResponderEvent) => boolean): Promise<ResponderEvent>;
}

/** An address of loopback at which no other test file that runs now binds ports. */
export const AT = `127.${64 + (process.pid % 128)}.${(process.pid >> 7) % 256}.1`;

/** Ports of these tests; below the range that the system gives to others. */
export const FIRST = 22_800;

export const range = (first: number, count: number): Uint16Array =>
  Uint16Array.from({ length: count }, (_, index) => first + index);

export async function respond(
  options: Partial<Omit<ResponderOptions, keyof Credentials>> = {},
  sockets: Sockets = native,
  credentials: Credentials = { key: KEY },
): Promise<Running> {
  const events: ResponderEvent[] = [];
  let wake = () => {};
  const responder = await startResponder(
    {
      listen: { address: AT, port: 0 },
      ...credentials,
      listed: {
        tcp: [{ first: FIRST, last: 32_767, step: 1 }],
        udp: [{ first: FIRST, last: 32_767, step: 1 }],
      },
      ttlMs: 60_000,
      tool: "test",
      allows: () => true,
      ...options,
    },
    {
      world,
      sockets,
      tell: (event) => {
        events.push(event);
        wake();
      },
    },
  );
  return {
    responder,
    port: responder.local.port,
    events,
    event: async (fits) => {
      for (;;) {
        const event = events.find(fits);
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: () => responder.close(),
  };
}

export interface Asking {
  readonly key?: Uint8Array;
  readonly certificates?: Certificates;
  readonly dataSource?: readonly string[];
  readonly source?: string;
  readonly address?: string;
}

export function prober(port: number, asking: Asking = {}, sockets = native) {
  const { key = KEY, certificates, source = AT, address = AT, dataSource = [] } = asking;
  const credentials = certificates === undefined ? { key } : { certificates };
  return connectResponder({ address, port, tool: "test", source, dataSource, ...credentials }, { world, sockets });
}

/** A session that has to be there. */
export async function session(port: number, asking: Asking = {}, sockets = native): Promise<ResponderSession> {
  const made: ResponderSession | NoFarEnd = await prober(port, asking, sockets);
  if (made instanceof ResponderSession) return made;
  throw new Error(`${made.failure}: ${made.detail}`);
}

/** What has to be there, and is not lost. */
export function kept<T extends object>(value: T | { readonly lost: string }): T {
  if ("lost" in value) throw new Error(`lost: ${value.lost}`);
  return value;
}
