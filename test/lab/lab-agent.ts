/** The agent as its user runs it, inside an agent's namespace, and web hooks beside it that keep what they are sent. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, vi } from "vitest";
import { inside, type Lane } from "./namespaces.ts";

const HOOK_PORT = 9_999;
/** A silent run takes about seven seconds, and asking about our own side up to a minute more. */
const PATIENCE_MS = 120_000;

/** Prints each path and body on a line of its own. */
const HOOK = `require("node:http").createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  console.log(JSON.stringify({ path: request.url, body: JSON.parse(text) }));
  response.end();
}).listen(${HOOK_PORT}, "127.0.0.1", () => console.log("{}"));`;

/** Where somebody else in the namespace may post to, and `LabAgent.notified` shows it. */
export const NOTIFIED_URL = `http://127.0.0.1:${HOOK_PORT}/notified`;

export interface HookMessage {
  readonly event: string;
  readonly title: string;
  readonly startedAt: string;
  readonly at: string;
  readonly over: boolean;
  readonly cause: { readonly kind: string; readonly trouble: string };
  readonly badForMs?: number;
}

/** A line of the agent's log about a run that has ended. */
export interface EndedRun {
  readonly status: string;
  readonly offline?: string;
  readonly pass: number;
  readonly fail: number;
}

export class LabAgent implements AsyncDisposable {
  readonly messages: HookMessage[] = [];
  /** What came to `NOTIFIED_URL`. */
  readonly notified: unknown[] = [];
  readonly runs: EndedRun[] = [];
  #log = "";
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(folder: string, hook: ChildProcess, agent: ChildProcess) {
    this.#folder = folder;
    this.#children = [agent, hook];
    createInterface({ input: hook.stdout! }).on("line", (line) => {
      const { path, body } = JSON.parse(line) as { readonly path?: string; readonly body?: unknown };
      if (path === "/hook") this.messages.push(body as HookMessage);
      else if (path !== undefined) this.notified.push(body);
    });
    createInterface({ input: agent.stderr! }).on("line", (line) => {
      this.#log += `${line}\n`;
      const { msg, ...facts } = JSON.parse(line) as EndedRun & { readonly msg: string };
      if (msg === "a run has ended") this.runs.push(facts);
    });
  }

  /** Starts both. `config` is YAML without its web hooks; `hooks` are those beside the one of `messages`. */
  static async start({ agent }: Lane, config: string, hooks: readonly object[] = []): Promise<LabAgent> {
    const folder = await mkdtemp(join(tmpdir(), "unity-lab-agent-"));
    const file = join(folder, "agent.yaml");
    const all = [{ url: `http://127.0.0.1:${HOOK_PORT}/hook` }, ...hooks];
    await writeFile(file, `${config}\nalerts: ${JSON.stringify(all.map((webhook) => ({ webhook })))}\n`);
    const started = (args: readonly string[]) => {
      const [program, ...words] = inside(agent, [process.execPath, ...args]);
      return spawn(program!, words, { stdio: ["ignore", "pipe", "pipe"] });
    };
    const hook = started(["-e", HOOK]);
    await once(hook.stdout!, "readable");
    return new LabAgent(folder, hook, started(["bin/unity-probe.js", "agent", "--config", file]));
  }

  /** Waits until it holds. What the agent said stands in the complaint. */
  async until(what: string, holds: (agent: LabAgent) => boolean): Promise<void> {
    const complaint = () => `not ${what}: ${JSON.stringify(this.runs.at(-1))}\n${this.#log.slice(-2_000)}`;
    await vi.waitFor(() => expect(holds(this), complaint()).toBe(true), { timeout: PATIENCE_MS, interval: 50 });
  }

  /** Waits for a whole run that begins from now on. */
  async nextRun(): Promise<EndedRun> {
    const count = this.runs.length + 2;
    await this.until(`run ${count}`, ({ runs }) => runs.length >= count);
    return this.runs.at(-1)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, "exit");
    }
    await rm(this.#folder, { recursive: true });
  }
}
