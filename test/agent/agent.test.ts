import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Agent } from "../../src/agent/agent.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import type { StatusDocument } from "../../src/report/status-document.ts";
import { AgentStage, CONFIG, EVERY, rowOf, SITE } from "./agent-stage.ts";

const MINUTE_MS = 60_000;

let folder: string;
const running: AgentStage[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
});
afterEach(async () => {
  for (const stage of running.splice(0)) await stage.stop(0);
  await rm(folder, { recursive: true });
});

async function started(text = CONFIG): Promise<AgentStage> {
  const stage = await new AgentStage(text).start();
  running.push(stage);
  return stage;
}

async function ended(stage: AgentStage, graceMs?: number): Promise<void> {
  running.splice(running.indexOf(stage), 1);
  await stage.stop(graceMs);
}

describe("a run", () => {
  it("is seen in status, report and metrics", async () => {
    const stage = await started();
    await stage.passes(5_000);
    const status = (await stage.get("/api/v1/status")) as StatusDocument;
    expect(status).toMatchObject({
      source: { host: "here", role: "unity-secondary" },
      runs: [{ schedule: "default", status: "completed", missed: 0, nextAt: "2026-11-21T06:34:51.000Z" }],
      profiles: [{ id: "failover-secondary" }],
    });
    expect(await rowOf(stage)).toMatchObject({
      result: { outcome: "pass", detail: expect.stringContaining("closed") },
    });
    const report = (await stage.get("/api/v1/report")) as ReportDocument;
    expect(report.summary).toMatchObject({ pass: 1, fail: 0, exitCode: 0 });
    expect(await stage.get("/metrics")).toContain('unity_probe_run_success{schedule="default"} 1\n');
  });

  it("comes each time that its schedule is due", async () => {
    const stage = await started();
    await stage.passes(2 * MINUTE_MS + 5_000);
    expect(stage.asked.map(({ atMs }) => atMs - stage.asked[0]!.atMs)).toEqual([0, 60_000, 120_000]);
  });

  it("that is asked for as a probe goes to what the site names, and to nothing else", async () => {
    const stage = await started();
    await stage.passes(5_000);
    const asked = stage.asked.length;
    for (const query of ["target=192.0.2.11&module=failover-secondary", "target=192.0.2.10&module=unity-to-dns"]) {
      expect(await stage.get(`/probe?${query}`)).toContain("no such target");
    }
    expect(stage.asked).toHaveLength(asked);
    const probing = stage.get("/probe?target=192.0.2.10&module=unity-to-dc");
    const answer = await stage.settles(probing);
    expect(answer).toContain("probe_success 0");
    expect(answer).not.toContain("probe_dns_lookup_time_seconds");
    expect(stage.asked.length).toBeGreaterThan(asked);
  });

  it("that is asked for as a probe of a name says how long that was looked up", async () => {
    const stage = await started(CONFIG.replace("192.0.2.10", "dc01.example.com"));
    stage.names = { "dc01.example.com": ["192.0.2.10"] };
    stage.lookupMs = 40;
    const answer = await stage.settles(stage.get("/probe?target=dc01.example.com&module=unity-to-dc"));
    expect(answer).toMatch(/^probe_dns_lookup_time_seconds 0\.04$/m);
  });

  it("that is asked for as a probe takes no turn that a schedule wants", async () => {
    const stage = await started(`${SITE}schedule: {every: 90s, only: [tcp/88]}\nlisten: 127.0.0.1:0\n`);
    const path = "/probe?target=192.0.2.10&module=unity-to-dc";
    await stage.passes(5_000);
    const asked = () => stage.ledger.lastWallMs("kerberos tcp 192.0.2.10 88")!;
    const firstMs = asked();
    await stage.passes(65_000);
    await stage.settles(stage.get(path));
    expect(asked()).toBe(firstMs);
    await stage.passes(25_000);
    expect(asked()).toBeGreaterThan(firstMs + 80_000);
  });

  it("of two that change a cell is told to the web hook, and so is its recovery", async () => {
    const stage = await started(`${CONFIG}alerts: [{webhook: {url: "http://127.0.0.1:1/hook"}}]\n`);
    await stage.passes(90_000);
    stage.reason = "admin-prohibited";
    await stage.passes(MINUTE_MS);
    expect(await rowOf(stage)).toMatchObject({ outcome: "pass", result: { outcome: "fail" } });
    expect(stage.posted).toEqual([]);
    await stage.passes(MINUTE_MS);
    expect(await rowOf(stage)).toMatchObject({ outcome: "fail", since: "2026-11-21T06:35:51.000Z" });
    expect(stage.posted).toMatchObject([{ url: "http://127.0.0.1:1/hook", body: { event: "alarm" } }]);
    stage.reason = "conn-refused";
    await stage.passes(3 * MINUTE_MS);
    expect(stage.posted.slice(1)).toMatchObject([{ body: { event: "recovery" } }]);
  });
});

describe("a resolver that is down", () => {
  it("is an error of every row, with the address that was known, and ends no run", async () => {
    const stage = new AgentStage(CONFIG.replace("192.0.2.10", "dc01"));
    stage.names = { dc01: ["192.0.2.10"] };
    running.push(await stage.start());
    await stage.passes(MINUTE_MS + 5_000);
    expect(await rowOf(stage, "dc01")).toMatchObject({ outcome: "pass", result: { address: "192.0.2.10" } });
    stage.names = {};
    await stage.passes(2 * MINUTE_MS);
    expect(await rowOf(stage, "dc01")).toMatchObject({ outcome: "error", result: { reason: "name-not-found" } });
    stage.names = { dc01: ["192.0.2.10"] };
    await stage.passes(2 * MINUTE_MS);
    expect(await rowOf(stage, "dc01")).toMatchObject({ outcome: "pass", result: { address: "192.0.2.10" } });
  });
});

describe("the history", () => {
  const withHistory = (dir: string) => `${CONFIG}history: {dir: ${dir}}\n`;

  it("gives a new agent what the one before knew", async () => {
    const text = withHistory(join(folder, "history"));
    const first = await started(text);
    await first.passes(3 * MINUTE_MS);
    const before = await rowOf(first);
    await ended(first);
    const second = new AgentStage(text);
    second.sweepMs = 10_000;
    running.push(await second.start());
    const { outcome, since, lastPassAt, history } = before!;
    expect(await rowOf(second)).toMatchObject({ outcome, since, lastPassAt, history });
    expect(await second.get("/api/v1/report")).toMatchObject({ summary: { pass: 1 } });
    // Until it has asked by itself, nothing shows as its own what was so before.
    const success = /^unity_probe_check_success\{.*check="dcom-rpc.* 1$/m;
    expect(await rowOf(second)).toMatchObject({ earlier: true });
    expect(await second.get("/metrics")).not.toMatch(success);
    await second.passes(50_000);
    expect(await rowOf(second)).not.toHaveProperty("earlier");
    expect(await second.get("/metrics")).toMatch(success);
  });

  it("that cannot be written is said once, costs no run, and is written again when it can be", async () => {
    const dir = join(folder, "a-file", "history");
    await writeFile(join(folder, "a-file"), "");
    const stage = await started(withHistory(dir));
    await stage.passes(2 * MINUTE_MS + 5_000);
    expect(stage.asked).toHaveLength(3);
    await expect.poll(() => stage.get("/metrics")).toContain("unity_probe_history_errors_total 3\n");
    expect(stage.said("error")).toHaveLength(1);
    expect(stage.said("error")[0]).toContain("the history cannot be written, the agent goes on");
    await rm(join(folder, "a-file"));
    await mkdir(join(folder, "a-file"));
    await stage.passes(MINUTE_MS);
    await expect.poll(() => stage.said("info")).toContain("the history is written again");
  });
});

describe("the end", () => {
  it("waits for the run that goes on", async () => {
    const stage = await started();
    stage.sweepMs = 2_500;
    await stage.passes(1_000);
    await ended(stage, 8_000);
    expect(stage.logged.at(-1)).toMatchObject({ sentence: "a run has ended", facts: { status: "completed" } });
  });

  it("does not wait for longer than its grace time", async () => {
    const stage = await started();
    stage.sweepMs = 50_000;
    await stage.passes(2_000);
    const atMs = stage.clock.nowMs;
    await ended(stage, 8_000);
    expect(stage.clock.nowMs - atMs).toBeLessThanOrEqual(8_000);
    expect(stage.logged.at(-1)).toMatchObject({ sentence: "a run has ended", facts: { status: "interrupted" } });
  });
});

describe("one run", () => {
  it("asks what all schedules ask, once, and gives its report", async () => {
    const stage = new AgentStage(`${SITE}schedules: {a: ${EVERY}, b: ${EVERY}}\n`);
    const { signal } = new AbortController();
    const document = await stage.settles(Agent.once(await stage.load(), stage.parts(), 8_000, signal));
    expect(document.summary).toMatchObject({ pass: 1, exitCode: 0 });
    expect(stage.asked).toHaveLength(1);
  });
});
