/** An agent over a held clock and a sweeper that sees what the test says; its web server and its disk are real. */
import { readFileSync } from "node:fs";
import { Agent, type AgentParts, type Loaded } from "../../src/agent/agent.ts";
import { parseAgentConfig } from "../../src/agent/config-file.ts";
import type { AgentLog, LogFacts } from "../../src/agent/log.ts";
import { agentPlans } from "../../src/agent/plans.ts";
import type { Sweeper } from "../../src/model/parts.ts";
import { REASONS, type Reason } from "../../src/model/words.ts";
import type { Post } from "../../src/net/post.ts";
import { loadProber } from "../../src/probers/index.ts";
import { parseRoles } from "../../src/profile/roles-file.ts";
import type { StatusDocument } from "../../src/report/status-document.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { OWN, refuses, scriptedNet } from "../engine/scripted-net.ts";
import { memoryLedger } from "../engine/stage.ts";
import { shippedProfiles } from "../profile/shipped.ts";

const shipped = shippedProfiles();
const rolesFile = new URL("../../profiles/roles.yaml", import.meta.url);

/** One row at one host: a range that passes where its ports refuse, and fails where a firewall says so. */
export const SITE = "role: unity-secondary\nhosts: {domain-controller: 192.0.2.10}\n";
export const EVERY = "{every: 60s, only: [tcp/5000-5020]}";
export const CONFIG = `${SITE}schedule: ${EVERY}\nlisten: 127.0.0.1:0\n`;

/** The one cell of a host, as the agent's status has it. */
export async function rowOf(stage: AgentStage, host = "192.0.2.10") {
  const { cells } = (await stage.get("/api/v1/status")) as StatusDocument;
  return cells.find(({ result }) => result.check === ROW && result.host === host);
}

const ROW = "dcom-rpc/tcp/5000-5020";

export interface Logged {
  readonly level: keyof AgentLog;
  readonly sentence: string;
  readonly facts: LogFacts;
}

export class AgentStage {
  readonly clock = new HeldClock();
  readonly ledger = memoryLedger();
  readonly logged: Logged[] = [];
  readonly posted: { readonly url: string; readonly atMs: number; readonly body: unknown }[] = [];
  /** The configuration's text, read at each reload. */
  text: string;
  /** What the sweeper sees of every port, and how long it takes. */
  reason: Reason = "conn-refused";
  sweepMs = 1_000;
  /** What the resolver knows. */
  names: Readonly<Record<string, readonly string[]>> = {};
  lookupMs = 0;
  /** The status that web hooks answer with. */
  hookStatus = 200;
  /** When the row was asked, and where. */
  readonly asked: { readonly address: string; readonly atMs: number }[] = [];
  agent!: Agent;

  constructor(text: string) {
    this.text = text;
  }

  async start(): Promise<this> {
    this.agent = await Agent.start(await this.load(), this.parts());
    return this;
  }

  /** Lets so much time pass. */
  passes(ms: number): Promise<void> {
    return this.clock.passes(this.clock.sleep(ms));
  }

  /** Lets time pass, a little for each turn of the real world, until what waits for both has settled. */
  async settles<T>(task: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
    };
    task.then(end, end);
    while (!done) {
      await this.passes(10);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return task;
  }

  stop(graceMs = 8_000): Promise<void> {
    return this.settles(this.agent.stop(graceMs));
  }

  async get(path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.agent.local!.port}${path}`);
    const text = await response.text();
    return response.headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : text;
  }

  said(level: keyof AgentLog): readonly string[] {
    return this.logged.filter((line) => line.level === level).map(({ sentence }) => sentence);
  }

  async load(): Promise<Loaded> {
    const { roles } = parseRoles(readFileSync(rolesFile, "utf8"), "roles.yaml");
    const words = { roles, profiles: (await shipped).profiles };
    const surroundings = { env: {}, readText: () => Promise.reject(new Error("nothing to read")) };
    const config = await parseAgentConfig(this.text, "agent.yaml", words, surroundings);
    const plans = agentPlans(config, [], words, this.clock.world.randomBytes);
    return { config, plans, secrets: async () => () => undefined };
  }

  parts(): AgentParts {
    const { clock } = this;
    const note = (level: keyof AgentLog) => (sentence: string, facts: LogFacts) =>
      void this.logged.push({ level, sentence, facts });
    return {
      parts: {
        prober: loadProber,
        net: {
          ...scriptedNet(clock, { port: () => refuses(10) }),
          resolve: (name, signal) => this.#resolve(name, signal),
        },
        sweeper: this.#sweeper(),
        world: clock.world,
        ledger: this.ledger,
      },
      tool: { name: "unity-probe", version: "0.0.0" },
      host: "here",
      log: { info: note("info"), warn: note("warn"), error: note("error") },
      page: { html: "<title>page</title>", css: "", js: "" },
      post: async ({ url, body }: Post) => {
        this.posted.push({ url, atMs: clock.nowMs, body: JSON.parse(body) });
        return { status: this.hookStatus };
      },
      ownSide: { procNet: async () => undefined, linkedAddresses: () => new Set([OWN]) },
      load: () => this.load(),
    };
  }

  async #resolve(name: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.lookupMs > 0) await this.clock.sleep(this.lookupMs, signal);
    return this.names[name] ?? [];
  }

  #sweeper(): Sweeper {
    return {
      sweep: async ({ address, ports }, _onProgress, signal) => {
        const isRow = ports.length === 21;
        if (isRow) this.asked.push({ address, atMs: this.clock.nowMs });
        await this.clock.sleep(this.sweepMs, signal);
        const code = signal.aborted ? 0 : REASONS.indexOf(isRow ? this.reason : "conn-refused") + 1;
        return {
          codes: new Uint8Array(ports.length).fill(code),
          offenderOf: new Uint16Array(ports.length),
          offenders: [],
          errorQueue: true,
          sent: ports.length,
        };
      },
    };
  }
}
