/** The agent's own server with the built page, over a status that a test changes. */
import { onTestFinished } from "vitest";
import { EVENT_STREAM } from "../../src/agent/event-stream.ts";
import { AgentMetrics } from "../../src/agent/metrics.ts";
import { type AgentServer, startServer } from "../../src/agent/server.ts";
import { realWorld } from "../../src/cli/parts.ts";
import type { StatusDocument } from "../../src/report/status-document.ts";
import { pageAssets } from "../page/page-assets.ts";
import { TOOL } from "../report/sample-run.ts";

export interface Stage {
  readonly url: string;
  /** Puts another status in place and tells who listens. */
  change(next: StatusDocument): void;
  /** Ends the server, as an agent that is gone. */
  leave(): Promise<void>;
  /** Starts it again on the same port. */
  comeBack(): Promise<void>;
}

/** With a token the server wants it, as agents do that listen to others. */
export async function serveStatus(first: StatusDocument, token?: string): Promise<Stage> {
  let status = first;
  let server: AgentServer;
  let port = 0;
  const page = await pageAssets();
  const start = async (): Promise<void> => {
    server = await startServer(
      { address: "127.0.0.1", port, ...(token === undefined ? {} : { token }) },
      {
        status: () => status,
        report: () => undefined,
        reload: async () => undefined,
        ready: () => undefined,
        metrics: new AgentMetrics({ version: TOOL.version, ofProcess: false }),
        probe: () => undefined,
        page,
        world: realWorld(),
        trouble: (error) => {
          throw error;
        },
        limits: { events: { ...EVENT_STREAM, everyMs: 20 } },
      },
    );
    port = server.local.port;
  };
  await start();
  onTestFinished(() => server.close());
  return {
    url: `http://127.0.0.1:${port}/`,
    change(next) {
      status = next;
      server.changed();
    },
    leave: () => server.close(),
    comeBack: start,
  };
}
