/**
 * `npm run prove:image`: where no container engine runs, proves the Dockerfile without one. Its steps are done in
 * folders, and the final stage runs as its comment says it is meant to be run: unprivileged, read-only, without
 * capabilities, network or shell. The base image is the one thing taken on trust: the Node that runs this script takes
 * its place.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildStages } from "./image/build.ts";
import { execForm, parseDockerfile, type Stage, theOnly } from "./image/dockerfile.ts";
import { addBase, assertSandboxPossible, type Ended, NODE, runInside } from "./image/sandbox.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Runs inside, and prints what the process is and may do, as JSON. */
const LOOK_AROUND = `
const fs = require("node:fs");
const os = require("node:os");
const status = fs.readFileSync("/proc/self/status", "utf8");
const line = (name) => status.match(new RegExp("^" + name + ":[ \\\\t]*(.*)$", "m"))[1].trim().replace(/\\s+/g, " ");
const errorOf = (call) => { try { call(); return "none"; } catch (error) { return error.code; } };
console.log(JSON.stringify({
  ids: [line("Uid"), line("Gid"), line("Groups")].join(" / "),
  capabilities: ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(line).join(" "),
  noNewPrivileges: line("NoNewPrivs"),
  processId: process.pid,
  writes: ["/app", os.tmpdir(), "/"].map((folder) => errorOf(() => fs.mkdtempSync(folder + "/x"))).join(" "),
  shell: require("node:child_process").spawnSync("sh", ["-c", ":"]).error?.code ?? "there",
  links: Object.keys(os.networkInterfaces()).join(" "),
  koffi: typeof require("/app/node_modules/koffi").load,
}));
`;

/** What must be seen there, by the user that the Dockerfile names. */
function expectedAround(user: string): Readonly<Record<string, unknown>> {
  const [uid, gid] = user.split(":");
  const four = (id: string | undefined): string => Array(4).fill(id).join(" ");
  return {
    ids: `${four(uid)} / ${four(gid)} / `,
    capabilities: Array(5).fill("0".repeat(16)).join(" "),
    noNewPrivileges: "1",
    processId: 1,
    writes: "EROFS EROFS EROFS",
    shell: "ENOENT",
    links: "lo",
    koffi: "function",
  };
}

interface Proof {
  readonly what: string;
  readonly argv: readonly string[];
  readonly holds: (ended: Ended) => boolean;
}

function proofsOf(image: Stage): readonly Proof[] {
  const user = theOnly(image, "USER");
  const [program, ...args] = execForm(theOnly(image, "ENTRYPOINT")) ?? [];
  if (program !== "node") throw new Error(`ENTRYPOINT starts ${program}, not node without a shell`);
  const command = (...more: readonly string[]): readonly string[] => [NODE, ...args, ...more];
  return [
    {
      what: "no privilege, no writable file, no shell, no network; koffi loads",
      argv: [NODE, "-e", LOOK_AROUND],
      holds: ({ stdout }) => {
        const seen = JSON.parse(stdout) as Record<string, unknown>;
        const wrong = Object.entries(expectedAround(user)).filter(([name, value]) => seen[name] !== value);
        for (const [name, value] of wrong) process.stdout.write(`  ${name}: ${seen[name]}, expected ${value}\n`);
        return wrong.length === 0;
      },
    },
    {
      what: "--version",
      argv: command("--version"),
      holds: ({ exitCode, stdout }) => exitCode === 0 && stdout === `${version}\n`,
    },
    {
      what: "profiles list",
      argv: command("profiles", "list"),
      holds: ({ exitCode, stdout }) => exitCode === 0 && stdout.includes("failover-secondary"),
    },
    { what: "demo", argv: command("demo"), holds: ({ exitCode, stdout }) => exitCode === 0 && stdout.includes("PASS") },
  ];
}

function prove(scratch: string): void {
  const stages = parseDockerfile(readFileSync(join(root, "Dockerfile"), "utf8"));
  const image = stages.at(-1)!;
  process.stdout.write(`Node ${process.versions.node} takes the place of ${image.base}\n`);
  const dockerignore = readFileSync(join(root, ".dockerignore"), "utf8");
  const imageRoot = buildStages(stages, { folder: root, dockerignore }, scratch);
  addBase(imageRoot);
  for (const { what, argv, holds } of proofsOf(image)) {
    const startedMs = performance.now();
    const ended = runInside(imageRoot, theOnly(image, "USER"), argv);
    const holding = holds(ended);
    const ms = (performance.now() - startedMs).toFixed(0);
    process.stdout.write(`${holding ? "proven " : "FAILED "} ${what} (exit ${ended.exitCode}, ${ms} ms)\n`);
    if (holding) continue;
    process.stdout.write(ended.stdout + ended.stderr);
    process.exitCode = 1;
  }
}

const scratch = mkdtempSync(join(tmpdir(), "unity-probe-image-"));
try {
  assertSandboxPossible();
  prove(scratch);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
