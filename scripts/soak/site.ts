/**
 * An agent for a soak: held time, a network of many hosts in which something is always wrong, and everything else real
 * (engine, probers, web server, history). What happens is the same in each soak.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, type AgentParts, type Loaded } from "../../src/agent/agent.ts";
import { parseAgentConfig } from "../../src/agent/config-file.ts";
import { type KeptLedger, openLedger } from "../../src/agent/disk-ledger.ts";
import { agentPlans } from "../../src/agent/plans.ts";
import type { Sweeper } from "../../src/model/parts.ts";
import { REASONS } from "../../src/model/words.ts";
import { loadProber } from "../../src/probers/index.ts";
import { parseRoles } from "../../src/profile/roles-file.ts";
import { HeldClock } from "../../test/engine/held-clock.ts";
import { answers, drops, OWN, refuses, scriptedNet, silent } from "../../test/engine/scripted-net.ts";
import { shippedProfiles } from "../../test/profile/shipped.ts";

export const MINUTE_MS = 60_000;
/** Less than a configuration may ask for, so that files are begun and removed often. */
export const HISTORY_MAX_BYTES = 300_000;
const ROLES = new URL("../../profiles/roles.yaml", import.meta.url);

/** What is wrong in a minute; times overlap, so that everything meets everything. */
interface Trouble {
  /** The host that drops whatever comes. */
  readonly downHost: number;
  /** Names have no addresses. */
  readonly isResolverDown: boolean;
  /** We have no way anywhere. */
  readonly isCutOff: boolean;
  /** Web hooks answer 503. */
  readonly isHookDown: boolean;
}

export function troubleAt(minute: number, hosts: number): Trouble {
  return {
    downHost: minute % 10 < 2 ? Math.floor(minute / 10) % hosts : -1,
    isResolverDown: minute % 40 >= 36,
    isCutOff: minute % 50 >= 47,
    isHookDown: minute % 30 >= 10 && minute % 30 < 25,
  };
}

export class SoakSite {
  readonly clock = new HeldClock();
  begun = 0;
  /** Ids of the runs that ended, in their order. */
  readonly ended: string[] = [];
  /** What the log warned of or called an error, each sentence with how often. */
  readonly complaints = new Map<string, number>();
  posts = 0;
  agent!: Agent;
  ledger!: KeptLedger;
  readonly #folder: string;
  readonly #hosts: readonly string[];
  readonly #names: Record<string, readonly string[]> = {};
  readonly #noRoute: string[] = [];
  readonly #net = scriptedNet(this.clock, {
    port: ({ address, port }) => this.#port(address, port),
    names: this.#names,
    noRoute: this.#noRoute,
    resolveMs: 20,
  });

  constructor(folder: string, hosts: number) {
    this.#folder = folder;
    this.#hosts = Array.from({ length: hosts }, (_, host) => `dc${host}.invalid`);
  }

  get historyDir(): string {
    return join(this.#folder, "history");
  }

  /** An agent over what the one before left on disk. */
  async start(): Promise<void> {
    const { world } = this.clock;
    const say = (sentence: string) => this.#complain(sentence);
    this.ledger = await openLedger(join(this.historyDir, "ledger.json"), { world, say });
    this.agent = await Agent.start(await this.#load(), this.#parts());
  }

  async stop(): Promise<void> {
    let done = false;
    const stopped = this.agent.stop(8_000).finally(() => {
      done = true;
    });
    // Disk and server take real time, which held time does not wait for.
    while (!done) {
      await this.clock.passes(this.clock.sleep(10));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await stopped;
    await this.ledger.flush();
  }

  /** One minute, as the hosts and our own side are in it. */
  async minute(minute: number): Promise<void> {
    const { isResolverDown, isCutOff } = troubleAt(minute, this.#hosts.length);
    this.#net.opened.length = 0;
    this.#noRoute.length = 0;
    for (const [host, name] of this.#hosts.entries()) {
      const addresses = addressesOf(host, minute);
      this.#names[name] = isResolverDown ? [] : addresses;
      if (isCutOff) this.#noRoute.push(...addresses);
    }
    await this.clock.passes(this.clock.sleep(MINUTE_MS));
  }

  #port(address: string, port: number) {
    const host = Number(/(\d+)$/.exec(address)?.[1]) % 100;
    if (troubleAt(this.#minute, this.#hosts.length).downHost === host) return drops;
    if (host % 10 === 9) return silent;
    return (host + port) % 2 === 0 ? refuses(5) : answers(5);
  }

  get #minute(): number {
    return Math.floor(this.clock.nowMs / MINUTE_MS);
  }

  #complain(sentence: string): void {
    this.complaints.set(sentence, (this.complaints.get(sentence) ?? 0) + 1);
  }

  async #load(): Promise<Loaded> {
    const text = JSON.stringify({
      role: "unity-secondary",
      hosts: { "domain-controller": this.#hosts },
      schedule: { every: "60s", jitter: "2%" },
      listen: "127.0.0.1:0",
      alerts: [{ webhook: { url: "http://127.0.0.1:9/hook" } }],
    });
    const { roles } = parseRoles(readFileSync(ROLES, "utf8"), "roles.yaml");
    const words = { roles, profiles: (await shippedProfiles()).profiles };
    const surroundings = { env: {}, readText: () => Promise.reject(new Error("nothing to read")) };
    const parsed = await parseAgentConfig(text, "agent.yaml", words, surroundings);
    const config = { ...parsed, history: { dir: this.historyDir, maxBytes: HISTORY_MAX_BYTES } };
    const plans = agentPlans(config, [], words, this.clock.world.randomBytes);
    return { config, plans, secrets: async () => () => undefined };
  }

  #parts(): AgentParts {
    const complain = (sentence: string) => this.#complain(sentence);
    return {
      parts: {
        prober: loadProber,
        net: this.#net,
        sweeper: this.#sweeper(),
        world: this.clock.world,
        ledger: this.ledger,
      },
      tool: { name: "unity-probe", version: "0.0.0" },
      host: "soak",
      log: {
        info: (sentence, { run }) => {
          if (sentence === "a run begins") this.begun++;
          if (sentence === "a run has ended") this.ended.push(String(run));
        },
        warn: complain,
        error: complain,
      },
      page: { html: "<title>page</title>", css: "", js: "" },
      post: async () => {
        this.posts++;
        return { status: troubleAt(this.#minute, this.#hosts.length).isHookDown ? 503 : 200 };
      },
      ownSide: { procNet: async () => undefined, linkedAddresses: () => new Set([OWN]) },
      load: () => this.#load(),
    };
  }

  #sweeper(): Sweeper {
    return {
      sweep: async ({ address, ports }, _onProgress, signal) => {
        await this.clock.sleep(500, signal);
        const reason = this.#port(address, 0) === drops ? "no-response" : "conn-refused";
        const code = signal.aborted ? 0 : REASONS.indexOf(reason) + 1;
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

/** Every third host has an IPv6 address too; every fifth moves to another address twice an hour. */
function addressesOf(host: number, minute: number): readonly string[] {
  const moved = host % 5 === 0 ? Math.floor(minute / 30) % 100 : 0;
  const ipv4 = `10.20.${moved}.${host}`;
  return host % 3 === 0 ? [ipv4, `2001:db8::${host}`] : [ipv4];
}
