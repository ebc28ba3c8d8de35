/** A prober of a responder inside a namespace: the question as JSON in the argument, the fates of its ports on stdout. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { openSockets } from "#node-dgram-ext";
import { connectResponder, ResponderSession } from "../../src/responder/client.ts";
import { parseKey } from "../../src/responder/key.ts";
import { type Fate, proveIn, proveOut } from "../../src/responder/prove.ts";

export interface ResponderQuestion {
  readonly address: string;
  readonly port: number;
  readonly keyFile: string;
  readonly transport: "tcp" | "udp";
  readonly first: number;
  readonly last: number;
  readonly direction: "out" | "in";
}

export interface ResponderSeen {
  readonly seenAs: string;
  readonly fates: readonly (readonly [port: number, fate: Fate])[];
  /** From the first packet to the responder until every port is known. */
  readonly wallMs: number;
}

const PACE = { attempts: 3, perSecond: 50_000 };

const question: ResponderQuestion = JSON.parse(process.argv[2] ?? "{}");
const { address, port, transport, first, last, direction } = question;
const key = parseKey(readFileSync(question.keyFile, "utf8").trim());
if (key === undefined) throw new Error("no key");
const parts = {
  sockets: await openSockets(),
  world: {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    sleep: (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined),
    randomBytes: (length: number) => randomBytes(length),
    secret: () => undefined,
  },
};
const startedMs = performance.now();
const session = await connectResponder({ address, port, key, tool: "lab" }, parts);
if (!(session instanceof ResponderSession)) throw new Error(`${session.failure}: ${session.detail}`);
const ports = Uint16Array.from({ length: last - first + 1 }, (_, at) => first + at);
const fates =
  direction === "out"
    ? await proveOut(session, transport, ports, PACE, parts, new AbortController().signal)
    : await proveIn(session, transport, ports, PACE, parts);
if ("lost" in fates) throw new Error(fates.lost);
const wallMs = performance.now() - startedMs;
await session.end();
process.stdout.write(JSON.stringify({ seenAs: session.seenAs, fates: [...fates], wallMs } satisfies ResponderSeen));
