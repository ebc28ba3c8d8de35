/** Streams to a responder from inside a namespace: the question as JSON in the argument, what was seen on stdout. */
import { readFileSync } from "node:fs";
import { openSockets } from "#node-dgram-ext";
import { realWorld } from "../../src/cli/parts.ts";
import type { NoStream, StreamAsk, StreamSeen } from "../../src/model/media-stream.ts";
import { connectResponder, ResponderSession } from "../../src/responder/client.ts";
import { parseKey } from "../../src/responder/key.ts";
import { runStream } from "../../src/responder/stream.ts";

export interface StreamQuestion {
  readonly address: string;
  readonly port: number;
  readonly keyFile: string;
  readonly stream: StreamAsk;
}

const question: StreamQuestion = JSON.parse(process.argv[2] ?? "{}");
const { address, port, keyFile, stream } = question;
const key = parseKey(readFileSync(keyFile, "utf8").trim());
if (key === undefined) throw new Error("no key");
const parts = { sockets: await openSockets(), world: realWorld() };
const session = await connectResponder({ address, port, key, tool: "lab" }, parts);
if (!(session instanceof ResponderSession)) throw new Error(`${session.failure}: ${session.detail}`);
const seen: StreamSeen | NoStream = await runStream(session, stream, parts, new AbortController().signal);
await session.end();
process.stdout.write(JSON.stringify(seen));
