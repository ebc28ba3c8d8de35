import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StatusDocument } from "../../src/report/status-document.ts";
import { AgentStage, CONFIG, rowOf, SITE } from "./agent-stage.ts";

const MINUTE_MS = 60_000;

/** An agent that ends with the test. */
async function started(text = CONFIG): Promise<AgentStage> {
  const stage = await new AgentStage(text).start();
  onTestFinished(() => stage.stop(0));
  return stage;
}

describe("a reload", () => {
  it("leaves what goes on as it is where the file is bad, and says what is wrong with it", async () => {
    const stage = await started();
    await stage.passes(5_000);
    stage.text = CONFIG.replace("every: 60s", "evry: 60s");
    await stage.agent.reload();
    expect(stage.said("error")).toEqual([
      'the configuration is not taken over, and the one before stays: agent.yaml:3:12: unknown key "evry"; did you mean "every"?',
    ]);
    await stage.passes(MINUTE_MS);
    expect(stage.asked).toHaveLength(2);
    expect(await stage.get("/metrics")).toContain("unity_probe_config_last_reload_successful 0\n");
  });

  it("is asked for over HTTP too, with the same outcome; who asks meanwhile gets the same answer", async () => {
    const stage = await started();
    const post = async () => {
      const answer = await fetch(`http://127.0.0.1:${stage.agent.local!.port}/-/reload`, { method: "POST" });
      return [answer.status, await answer.text()];
    };
    expect(await post()).toEqual([200, "reloaded\n"]);
    stage.text = "role: nobody\n";
    const [first] = await Promise.all([stage.agent.reload(), stage.agent.reload(), stage.agent.reload()]);
    expect(first).toMatch(/^agent\.yaml:1:7: /);
    expect(stage.said("error")).toHaveLength(1);
    expect(await post()).toEqual([500, `not reloaded: ${first}\n`]);
  });

  it.each([
    [
      "another token",
      (port: number) => `{address: "127.0.0.1", port: ${port}, token: abc}`,
      (port: number) => ({ port }),
    ],
    ["another place", () => '{address: "127.0.0.2", port: 0, token: abc}', () => ({ address: "127.0.0.2" })],
  ])("is answered over HTTP also where it brings %s to listen at", async (_what, listen, place) => {
    const before = await new AgentStage(CONFIG).start();
    const { port } = before.agent.local!;
    await before.stop(0);
    const stage = await started(CONFIG.replace("127.0.0.1:0", `127.0.0.1:${port}`));
    stage.text = CONFIG.replace("127.0.0.1:0", listen(port));
    const answer = await fetch(`http://127.0.0.1:${port}/-/reload`, { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([200, "reloaded\n"]);
    expect(stage.agent.local).toMatchObject(place(port));
  });

  it("asks other hosts, keeps what is known of those that stay, and moves no run", async () => {
    const stage = await started();
    await stage.passes(30_000);
    const before = await rowOf(stage);
    stage.text = CONFIG.replace("192.0.2.10", "[192.0.2.10, 192.0.2.11]");
    await stage.agent.reload();
    expect(await rowOf(stage)).toEqual(before);
    await stage.passes(MINUTE_MS);
    expect(stage.asked.map(({ address }) => address)).toEqual(["192.0.2.10", "192.0.2.10", "192.0.2.11"]);
    expect(stage.asked[1]!.atMs - stage.asked[0]!.atMs).toBe(MINUTE_MS);
    stage.text = CONFIG.replace("192.0.2.10", "192.0.2.11");
    await stage.agent.reload();
    expect(await rowOf(stage)).toBeUndefined();
    expect(await rowOf(stage, "192.0.2.11")).toBeDefined();
  });

  it("forgets a host for good that a run still asked meanwhile", async () => {
    const stage = await started(CONFIG.replace("192.0.2.10", "[192.0.2.10, 192.0.2.11]"));
    await stage.passes(500);
    stage.text = CONFIG;
    await stage.agent.reload();
    await stage.passes(10_000);
    expect(stage.asked.map(({ address }) => address)).toContain("192.0.2.11");
    expect(await rowOf(stage)).toBeDefined();
    expect(await rowOf(stage, "192.0.2.11")).toBeUndefined();
  });

  it("begins with a schedule that is new, and ends one that is gone", async () => {
    const stage = await started();
    await stage.passes(5_000);
    stage.text = `${SITE}schedules: {quick: {every: 10s, only: [tcp/5000-5020]}}\nlisten: 127.0.0.1:0\n`;
    await stage.agent.reload();
    await stage.passes(25_000);
    expect(stage.asked).toHaveLength(4);
    expect((await stage.get("/api/v1/status")) as StatusDocument).toMatchObject({ runs: [{ schedule: "quick" }] });
  });

  it("stays where it listens when the new port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const stage = await started();
    stage.text = CONFIG.replace(":0\n", `:${port}\n`);
    await stage.agent.reload();
    other.close();
    const problem = `listen: cannot listen on 127.0.0.1:${port}: another process listens there`;
    expect(stage.said("error")).toEqual([
      `the configuration is not taken over, and the one before stays: agent.yaml:4:9: ${problem}; choose another address or port`,
    ]);
    expect(await stage.get("/-/ready")).toContain("ready");
  });

  it("probes where its port is taken, and listens as soon as that is free", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const stage = await started(CONFIG.replace(":0\n", `:${port}\n`));
    await stage.passes(25_000);
    expect(stage.asked.length).toBeGreaterThan(0);
    expect([stage.agent.local, stage.said("error")]).toEqual([
      undefined,
      [
        `agent.yaml:4:9: listen: cannot listen on 127.0.0.1:${port}: another process listens there; ` +
          "choose another address or port; probing goes on, and it is tried again every 10 s",
      ],
    ]);
    await new Promise((resolve) => other.close(resolve));
    await stage.passes(10_000);
    await expect.poll(() => stage.agent.local?.port, { timeout: 10_000 }).toBe(port);
    expect(await stage.get("/-/ready")).toContain("ready");
  });

  it("stays where it listens when that only moves within the file", async () => {
    const stage = await started();
    const before = stage.agent.local!.port;
    stage.text = `# a line more\n${CONFIG}`;
    await stage.agent.reload();
    expect(stage.agent.local!.port).toBe(before);
  });

  it("moves to another port", async () => {
    const stage = await started();
    const before = stage.agent.local!.port;
    stage.text = `${CONFIG}`.replace("127.0.0.1:0", '{address: "127.0.0.1", port: 0, token: abc}');
    await stage.agent.reload();
    expect(stage.agent.local!.port).not.toBe(before);
    expect(await stage.get("/api/v1/status")).toContain("token");
    await expect(fetch(`http://127.0.0.1:${before}/-/ready`)).rejects.toThrow();
  });
});
