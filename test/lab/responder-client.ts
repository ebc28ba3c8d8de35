/** A prober of a responder inside a namespace: the question as JSON in the argument, the fates of its ports on stdout. */
import { readFileSync } from "node:fs";
import { openSockets } from "#node-dgram-ext";
import { realWorld } from "../../src/cli/parts.ts";
import type { Fate } from "../../src/model/far-end.ts";
import { openFarEnd } from "../../src/responder/far-end.ts";
import { parseKey } from "../../src/responder/key.ts";

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
const parts = { sockets: await openSockets(), world: realWorld() };
const startedMs = performance.now();
const farEnd = await openFarEnd({ address, port, key, tool: "lab" }, parts);
if ("failure" in farEnd) throw new Error(`${farEnd.failure}: ${farEnd.detail}`);
const ports = Uint16Array.from({ length: last - first + 1 }, (_, at) => first + at);
const { fates, lost } = await farEnd.prove({ direction, transport, ports, pace: PACE }, new AbortController().signal);
if (lost !== undefined) throw new Error(lost);
const wallMs = performance.now() - startedMs;
await farEnd.end();
process.stdout.write(
  JSON.stringify({ seenAs: farEnd.seenAs ?? "", fates: [...fates], wallMs } satisfies ResponderSeen),
);
