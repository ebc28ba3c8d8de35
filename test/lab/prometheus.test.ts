/** A real Prometheus reads the agent by the configuration of examples/, and its rules find what is wrong. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { DOCUMENT, manyCells, RECORD } from "../agent/sample-cells.ts";
import { type Stage, serve } from "../agent/web.ts";
import { startDaemon, untilReady } from "./command.ts";

const EXAMPLES = "examples/prometheus";
const TOKEN = "the token of the agent";
const START_TIMEOUT_MS = 60_000;

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Prometheus on a port of loopback, by the example's configuration, that scrapes often. */
class Prometheus {
  readonly #origin: string;

  private constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
  }

  /** `every` is the time between two scrapes, and that which one may take. */
  static async start({ local }: Stage, every: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), "unity-prometheus-"));
    const config = parse(readFileSync(join(EXAMPLES, "prometheus.yml"), "utf8"));
    const agent = `${local.address}:${local.port}`;
    const [ofAgent, ofHosts] = config.scrape_configs;
    ofAgent.static_configs = [{ targets: [agent] }];
    ofHosts.static_configs = [{ targets: ["dc01.example.com"] }];
    ofHosts.relabel_configs.at(-1).replacement = agent;
    for (const job of [ofAgent, ofHosts]) Object.assign(job, { scrape_interval: every, scrape_timeout: every });
    writeFileSync(join(folder, "prometheus.yml"), stringify({ global: { evaluation_interval: "1s" }, ...config }));
    writeFileSync(join(folder, "unity-probe.rules.yml"), readFileSync(join(EXAMPLES, "unity-probe.rules.yml")));
    writeFileSync(join(folder, "unity-probe-token"), TOKEN);
    const port = await freePort();
    const argv = [
      "prometheus",
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const daemon = startDaemon("prometheus", argv, join(folder, "prometheus.log"));
    const ended = new Promise((resolve) => daemon.process.once("exit", resolve));
    onTestFinished(async () => {
      daemon.process.kill();
      await ended;
      rmSync(folder, { recursive: true });
    });
    const prometheus = new Prometheus(port);
    await untilReady(daemon, () => prometheus.#isReady(), START_TIMEOUT_MS);
    return prometheus;
  }

  async #isReady(): Promise<boolean> {
    return fetch(`${this.#origin}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async query(expression: string): Promise<readonly Series[]> {
    const answer = await fetch(`${this.#origin}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await answer.json()) as { data: { result: Series[] } };
    return data.result;
  }

  /** The names of the alerts that are pending or fire. */
  async alerts(): Promise<ReadonlySet<string>> {
    const answer = await fetch(`${this.#origin}/api/v1/alerts`);
    const { data } = (await answer.json()) as { data: { alerts: { labels: { alertname: string } }[] } };
    return new Set(data.alerts.map(({ labels }) => labels.alertname));
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describe.sequential("Prometheus", () => {
  it("scrapes the agent and its probes with the token, and raises the alerts", async () => {
    const server = await serve({ probe: async () => ({ document: DOCUMENT }) }, { token: TOKEN });
    const prometheus = await Prometheus.start(server, "3s");
    const up = async () => (await prometheus.query("up")).map(({ metric, value }) => [metric.job, value[1]]).sort();
    await expect.poll(up).toEqual([
      ["unity-probe", "1"],
      ["unity-probe-hosts", "1"],
    ]);
    // A scrape that a busy machine delays too long takes what there was with it, until the next.
    await expect
      .poll(async () => (await prometheus.query("probe_success"))[0])
      .toMatchObject({
        metric: { instance: "dc01.example.com", job: "unity-probe-hosts" },
        value: [expect.anything(), "0"],
      });
    const failed = async () => (await prometheus.query('unity_probe_check_success{job="unity-probe"} == 0')).length;
    await expect.poll(failed).toBeGreaterThan(0);
    await expect
      .poll(() => prometheus.alerts())
      .toEqual(
        new Set([
          "UnityProbeCheckFails",
          "UnityProbeCheckUndecided",
          "UnityProbeHostProbeFails",
          "UnityProbeNoRun",
          "UnityProbeRangeBlocked",
          "UnityProbeResultOld",
          "UnityProbeRunFails",
        ]),
      );
  });

  it("scrapes a matrix of 1,000 hosts within five seconds", async () => {
    const server = await serve({ probe: async () => ({ document: DOCUMENT }) }, { token: TOKEN });
    const cells = manyCells(1_000);
    server.metrics.noteRun(RECORD, cells);
    const prometheus = await Prometheus.start(server, "5s");
    const hosts = async () =>
      Number((await prometheus.query("count(count by (host) (unity_probe_check_info))"))[0]?.value[1]);
    await expect.poll(hosts).toBeGreaterThanOrEqual(1_000);
  });
});
