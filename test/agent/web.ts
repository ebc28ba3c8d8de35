/** A server of the agent on a free loopback port, over made-up results, and clients of all manners. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { ListenConfig } from "../../src/agent/config.ts";
import { EVENT_STREAM } from "../../src/agent/event-stream.ts";
import { AgentMetrics } from "../../src/agent/metrics.ts";
import { type AgentServer, type ServerParts, startServer } from "../../src/agent/server.ts";
import { statusSource } from "../../src/agent/status.ts";
import { realWorld } from "../../src/cli/parts.ts";
import { TOOL } from "../report/sample-run.ts";
import { AT_MS, CELLS, DOCUMENT, RECORD } from "./sample-cells.ts";

export const PAGE = { html: "<!doctype html><title>unity-probe</title>", css: "body{}", js: `"use strict";` };

export interface Stage extends AgentServer {
  readonly metrics: AgentMetrics;
  /** What was told as trouble. */
  readonly troubles: unknown[];
}

/** Starts one that ends with the test. */
export async function serve(parts: Partial<ServerParts> = {}, listen: Partial<ListenConfig> = {}): Promise<Stage> {
  const metrics = new AgentMetrics({ version: TOOL.version, ofProcess: false });
  metrics.noteRun(RECORD, CELLS);
  const troubles: unknown[] = [];
  const server = await startServer(
    { address: "127.0.0.1", port: 0, ...listen },
    {
      status: () =>
        statusSource({
          tool: TOOL,
          source: DOCUMENT.source,
          writtenAtMs: AT_MS,
          runs: [{ record: RECORD }],
          cells: CELLS,
        }),
      report: () => DOCUMENT,
      reload: async () => undefined,
      ready: () => undefined,
      metrics,
      probe: () => undefined,
      page: PAGE,
      world: realWorld(),
      trouble: (error) => troubles.push(error),
      ...parts,
    },
  );
  onTestFinished(() => server.close());
  return { ...server, metrics, troubles };
}

/** Limits of events for tests that do not wait for seconds. */
export const QUICK_EVENTS = { ...EVENT_STREAM, everyMs: 20, heartbeatMs: 50 };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request over a connection of its own. */
export function ask(server: Pick<AgentServer, "local">, path: string, { method = "GET", headers = {} }: Ask = {}) {
  const { address, port } = server.local;
  return new Promise<Answer>((resolve, reject) => {
    const asked = request({ host: address, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() });
      });
    });
    asked.once("error", reject);
    asked.end();
  });
}

/** A connection that says whatever it is told; it ends with the test. */
export function open({ local }: Pick<AgentServer, "local">): Promise<Socket> {
  const socket = connect({ host: local.address, port: local.port });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}

/** Everything that comes until the other end closes. */
export function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.resume();
  return new Promise((resolve) => socket.once("close", () => resolve(text)));
}

/** Resolves with all that came so far, once it holds the words. */
export function readUntil(socket: Socket, words: string): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!text.includes(words)) return;
      socket.off("data", hear);
      resolve(text);
    };
    socket.on("data", hear);
    socket.once("close", () => reject(new Error(`closed after: ${text}`)));
  });
}

export const EVENTS_REQUEST = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
