/** A responder that believes to have been there for an hour: where it listens, its key and ports as JSON in the argument. */
import { readFileSync } from "node:fs";
import { openSockets } from "#node-dgram-ext";
import { realWorld } from "../../src/cli/parts.ts";
import { parseKey } from "../../src/responder/key.ts";
import { startResponder } from "../../src/responder/server.ts";

export interface AgedResponder {
  readonly address: string;
  readonly port: number;
  readonly keyFile: string;
  /** UDP ports. */
  readonly first: number;
  readonly last: number;
}

const AN_HOUR_MS = 3_600_000;

const { address, port, keyFile, first, last }: AgedResponder = JSON.parse(process.argv[2] ?? "{}");
const key = parseKey(readFileSync(keyFile, "utf8").trim());
if (key === undefined) throw new Error("no key");
const real = realWorld();
let passedMs = 0;
const world = { ...real, monotonicMs: () => real.monotonicMs() + passedMs };
const listed = { tcp: [], udp: [{ first, last, step: 1 }] } as const;
const options = { key, listed, listen: { address, port }, ttlMs: 900_000, tool: "lab", allows: () => true };
await startResponder(options, { world, sockets: await openSockets(), tell: () => {} });
passedMs = AN_HOUR_MS;
