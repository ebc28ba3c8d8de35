/** What examples/ and docs/deploy/ tell people to start is started here, by the words that stand there. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, start } from "../cli/command.ts";
import { closedPort, serve } from "../net/loopback.ts";
import {
  COMPOSE,
  composeStarted,
  directivesOf,
  documentsOf,
  healthCheck,
  KUBERNETES,
  podStarted,
  podsOf,
  type Started,
  textOf,
  UNITS,
  unitStarted,
} from "./examples.ts";

const USER = "65532:65532";
const pods = KUBERNETES.flatMap(podsOf);
const started: readonly Started[] = [
  ...COMPOSE.flatMap(composeStarted),
  ...pods.flatMap(podStarted),
  ...UNITS.flatMap(unitStarted),
];
const named = started.map((each) => [`${each.example}: ${each.words.join(" ")}`, each] as const);
const agents = named.filter(([, { words }]) => words[0] === "agent");
const responders = named.filter(([, { words }]) => words[0] === "respond");

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "unity-probe-deploy-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Puts an example's files and secrets below a folder, and gives its words with their paths there. */
async function placed({ words, files, secrets }: Started, folder: string): Promise<readonly string[]> {
  const there = (text: string) => text.replaceAll(/(?<![\w.])\/(?:etc|run|var)\//g, (path) => `${folder}${path}`);
  const write = async (path: string, text: string, mode?: number) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode });
  };
  for (const [path, text] of files) await write(path, there(text));
  // As good as a token, a key and a URL; root's and readable by a group, as Kubernetes and systemd put them there.
  for (const path of secrets)
    await write(path, path.endsWith("url") ? "http://127.0.0.1:9/hook\n" : `${"a5".repeat(32)}\n`, 0o440);
  return words.map(there);
}

describe("every command line", () => {
  it("is found", () => {
    expect([agents.length, responders.length, named.length]).toEqual([5, 3, 8]);
  });

  it.each(agents)("%s", async (_, example) => {
    const words = await placed(example, await mkdtemp(join(root, "agent-")));
    const checking = words.includes("--check-config") ? words : [...words, "--check-config"];
    const { exitCode, stdout, stderr } = await run(checking);
    expect({ exitCode, stdout }, stderr).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/ can be used: 1 schedule/),
    });
  });

  it.each(responders)("%s", async (_, example) => {
    const words = await placed(example, await mkdtemp(join(root, "responder-")));
    const { port } = await closedPort();
    const running = start([...words, "--listen", `127.0.0.1:${port}`]);
    let stderr = "";
    for await (const text of running.child.stderr!) {
      stderr += text;
      if (stderr.includes("listening on 127.0.0.1:")) break;
    }
    expect(stderr).toMatch(/listening on 127\.0\.0\.1:\d+ for /);
    running.child.kill("SIGTERM");
    const [exitCode] = await once(running.child, "exit");
    expect(exitCode).toBe(0);
  });
});

describe("a container", () => {
  it.each(COMPOSE)("%s has no privilege and nothing to write to but what is named", (example) => {
    const [{ services }] = documentsOf(example);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        user: USER,
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
      expect(service).not.toHaveProperty("cap_add");
      expect(service).not.toHaveProperty("privileged");
    }
  });

  it.each(pods.map((pod) => [pod.example, pod] as const))("%s has no privilege either", (_, { spec }) => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("is given longer to end than the agent takes", () => {
    const [{ services }] = documentsOf("examples/compose/agent.yaml");
    const graceOf = (words: readonly string[]) => Number.parseInt(words[words.indexOf("--grace") + 1]!, 10);
    expect(Number.parseInt(services.agent.stop_grace_period, 10)).toBeGreaterThan(graceOf(services.agent.command));
    const { spec } = podsOf("examples/kubernetes/agent.yaml")[0]!;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(graceOf(spec.containers[0].args));
    const unit = directivesOf("examples/systemd/unity-probe-agent.service");
    const words = unit.get("ExecStart")![0]!.split(" ");
    expect(Number.parseInt(unit.get("TimeoutStopSec")![0]!, 10)).toBeGreaterThan(graceOf(words));
  });

  it("must not be given the links to services that Kubernetes makes", async () => {
    const { exitCode, stderr } = await run(["profiles", "list"], { UNITY_PROBE_AGENT_SERVICE_HOST: "10.96.0.7" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("UNITY_PROBE_AGENT_SERVICE_HOST belongs to no flag");
  });

  it.each([
    [200, 0],
    [503, 1],
  ])("whose agent says %i has a health check that ends with %i", async (status, exitCode) => {
    const { program, code } = healthCheck("examples/compose/agent.yaml");
    expect(program).toBe("node");
    const paths: (string | undefined)[] = [];
    await using agent = await serve(
      createServer((request, response) => {
        paths.push(request.url);
        response.writeHead(status).end();
      }),
    );
    const asked = spawn(process.execPath, ["-e", code.replace(":9464", `:${agent.local.port}`)]);
    expect(await once(asked, "exit")).toEqual([exitCode, null]);
    expect(paths).toEqual(["/-/healthy"]);
  });

  it("whose agent is gone is not healthy", async () => {
    const { code } = healthCheck("examples/compose/agent.yaml");
    const asked = spawn(process.execPath, ["-e", code.replace(":9464", ":1")]);
    expect(await once(asked, "exit")).toEqual([1, null]);
  });
});

describe("secrets", () => {
  it.each(named)("%s has each that it names, and none in its words", async (_, { words, files, secrets }) => {
    const texts = [...files.values(), words.join(" ")];
    const asked = texts.flatMap((text) => text.match(/\/run\/(?:secrets|credentials)\/[^"}\s]+/g) ?? []);
    for (const path of asked) expect(secrets).toContain(path);
  });
});

const absent = (program: string) => spawnSync(program, ["--version"]).error !== undefined;

describe("a unit of systemd", () => {
  const always = [
    "DynamicUser=yes",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
  ];

  it.each(UNITS)("%s gives no privilege but what it says", (unit) => {
    const lines = textOf(unit).split("\n");
    for (const line of always) expect(lines).toContain(line);
    const wanted = unit.includes("responder") ? "CAP_NET_BIND_SERVICE" : "";
    for (const name of ["CapabilityBoundingSet", "AmbientCapabilities"]) {
      expect(directivesOf(unit).get(name)).toEqual([wanted]);
    }
  });

  it.skipIf(absent("systemd-analyze"))("is understood by systemd, and called safe by it", () => {
    for (const unit of UNITS) {
      const file = join(import.meta.dirname, "../..", unit);
      const verified = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
      // Of a program that this machine does not have it complains too.
      const complaints = verified.stderr.split("\n").filter((line) => line !== "" && !line.includes("/usr/bin/node"));
      expect(complaints).toEqual([]);
      const rated = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", "--no-pager", file], {
        encoding: "utf8",
      });
      expect(rated.status, rated.stdout).toBe(0);
    }
  });
});
