/** `unity-probe agent` as a process: what it refuses, what it prints, what signals and changed files do to it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { run } from "./command.ts";

const bin = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));

/** One row of this machine, where nothing listens as a rule. */
const SITE = "role: unity-secondary\nhosts: {domain-controller: 127.0.0.1}\n";
const CONFIG = `${SITE}schedule: {every: 60s, only: [tcp/389]}\n`;
const LISTEN = "listen: 127.0.0.1:0\n";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function fileWith(text: string): Promise<string> {
  const path = join(folder, `agent-${files++}.yaml`);
  await writeFile(path, text);
  return path;
}

/** Starts an agent, and waits until it has ended its first run. */
async function keep(file: string) {
  const child = spawn(process.execPath, [bin, "agent", "--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const says = (sentence: string) => expect.poll(() => told).toContain(sentence);
  const lines = () => told.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  const end = async (signal: "SIGTERM" | "SIGINT") => {
    const ended = once(child, "exit");
    child.kill(signal);
    return (await ended)[0] as number | null;
  };
  await says('"a run has ended"');
  return { child, says, lines, end };
}

describe("--check-config", () => {
  it("says what the minimal example asks, and sends nothing", async () => {
    const { exitCode, stdout, stderr } = await run(["agent", "--config", "examples/agent.yaml", "--check-config"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("examples/agent.yaml can be used: 1 schedule, 1 vector, 1 host, 15 checks\n");
    expect(stderr).toContain("unity-to-cucm is not asked: no host is named for cucm");
  });

  it.each([
    ["no file", [], "--config is missing"],
    ["a file that is not there", ["--config", "/nowhere/agent.yaml"], "/nowhere/agent.yaml cannot be read"],
  ])("refuses %s", async (_what, words, message) => {
    const { exitCode, stderr } = await run(["agent", "--check-config", ...words]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it.each([
    ["a mistyped key", CONFIG.replace("every", "evry"), ':3:12: unknown key "evry"; did you mean "every"?'],
    ["a row that is not there", CONFIG.replace("tcp/389", "tcp/388"), ":3:11: the schedule default: --only tcp/388"],
    [
      "a vector that does not start here",
      CONFIG.replace("only: [tcp/389]", "profiles: [unity-to-dns]"),
      ":3:11: the schedule default: unity-to-dns is not asked from here; there is failover-secondary",
    ],
    ["a secret that no row names", `${CONFIG}secrets: {x: y}\n`, 'no row names a secret "x"'],
  ])("refuses %s, and says where", async (_what, text, message) => {
    const file = await fileWith(text);
    const { exitCode, stdout, stderr } = await run(["agent", "--config", file, "--check-config"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("--once", () => {
  it("prints the report of one run, logs JSON, and ends with the run's exit code", async () => {
    const { exitCode, stdout, stderr } = await run([
      "agent",
      "--config",
      await fileWith(CONFIG),
      "--once",
      "-o",
      "json",
    ]);
    const { summary, source, results } = JSON.parse(stdout) as ReportDocument;
    expect(source.role).toBe("unity-secondary");
    expect(results.filter(({ state }) => state !== null).map(({ check }) => check)).toContain("ldap/tcp/389");
    expect(exitCode).toBe(summary.exitCode);
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.find(({ msg }) => msg === "a run has ended")).toMatchObject({
      run: expect.stringMatching(/^[0-9a-f]{16}$/),
      exitCode,
    });
  });

  it("keeps what it saw where there is a history", async () => {
    const file = await fileWith(`${CONFIG}history: {dir: once-history}\n`);
    for (let round = 0; round < 2; round++) await run(["agent", "--config", file, "--once", "-o", "json"]);
    expect(existsSync(join(folder, "once-history", "00000001.jsonl.gz"))).toBe(true);
    expect(existsSync(join(folder, "once-history", "00000002.jsonl.gz"))).toBe(false);
  });
});

describe("an agent", () => {
  it("probes where its port is taken, and says what is wrong", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const agent = await keep(await fileWith(`${CONFIG}listen: 127.0.0.1:${port}\n`));
    await agent.says("another process listens there");
    other.close();
    expect(await agent.end("SIGTERM")).toBe(0);
  });

  it("takes over a file that was changed, stays as it was where the file is bad, and ends in good order", async () => {
    const file = await fileWith(CONFIG + LISTEN);
    const agent = await keep(file);
    await writeFile(file, CONFIG.replace("every: 60s", "evry: 60s"));
    await agent.says('did you mean \\"every\\"?');
    await writeFile(file, CONFIG.replace("every: 60s", "every: 30s"));
    await agent.says('"the configuration was taken over"');
    expect(await agent.end("SIGTERM")).toBe(0);
    expect(agent.lines().at(-1)).not.toMatchObject({ level: 60 });
  });

  it.runIf(platform() !== "win32")("reads its file again on SIGHUP", async () => {
    const agent = await keep(await fileWith(CONFIG + LISTEN));
    agent.child.kill("SIGHUP");
    await agent.says('"the configuration was taken over"');
    expect(await agent.end("SIGINT")).toBe(0);
  });
});
