/** Prometheus' own Alertmanager, inside an agent's namespace, asked by its own amtool. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Daemon, endDaemon, run, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lane } from "./namespaces.ts";

const PORT = 9_093;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const START_TIMEOUT_MS = 60_000;

/** What `GET /api/v2/alerts` says of one, as far as the lab looks. */
export interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

/** What Alertmanager posts to a web hook of its own. */
export interface Notification {
  readonly status: "firing" | "resolved";
  readonly alerts: readonly Omit<KnownAlert, "status">[];
}

export class Alertmanager implements AsyncDisposable {
  readonly #namespace: string;
  readonly #folder: string;
  readonly #daemon: Daemon;

  private constructor(namespace: string, folder: string, daemon: Daemon) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.#daemon = daemon;
  }

  /** The web hook of an agent's configuration that tells it. */
  static readonly hook = { format: "alertmanager", url: `${ORIGIN}/api/v2/alerts` };

  /** @param notifyUrl where it posts what it makes of the alerts, without holding anything back */
  static async start({ agent }: Lane, notifyUrl: string): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), "unity-alertmanager-"));
    const config = join(folder, "alertmanager.yml");
    const route = { receiver: "lab", group_by: ["..."], group_wait: "0s", group_interval: "1s", repeat_interval: "1h" };
    const receivers = [{ name: "lab", webhook_configs: [{ url: notifyUrl, send_resolved: true }] }];
    await writeFile(config, stringify({ route, receivers }));
    await runOk(["amtool", "check-config", config]);
    const argv = [
      "prometheus-alertmanager",
      `--config.file=${config}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${PORT}`,
      // Alone: no gossip with others.
      "--cluster.listen-address=",
    ];
    const daemon = startDaemon("alertmanager", inside(agent, argv), join(folder, "alertmanager.log"));
    const alertmanager = new Alertmanager(agent, folder, daemon);
    await untilReady(daemon, () => alertmanager.#isReady(), START_TIMEOUT_MS);
    return alertmanager;
  }

  /** The alerts that it takes for active; it lists none that has ended. */
  async alerts(): Promise<readonly KnownAlert[]> {
    return JSON.parse(await runOk(this.#asking("alert", "query", "--output=json"))) as KnownAlert[];
  }

  async #isReady(): Promise<boolean> {
    return (await run(this.#asking("cluster", "show"))).exitCode === 0;
  }

  #asking(...words: readonly string[]): readonly string[] {
    return inside(this.#namespace, ["amtool", `--alertmanager.url=${ORIGIN}`, ...words]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endDaemon(this.#daemon);
    await rm(this.#folder, { recursive: true });
  }
}
