/** What prove-image runs of the image, and what must be seen: each verb as docs/deploy starts it. */
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execForm, type Stage, theOnly } from "./dockerfile.ts";
import { type Ended, NODE } from "./sandbox.ts";

/** The one folder that may be written to. */
export const STATE = "/var/lib/unity-probe";
const CONFIG = "/etc/unity-probe/agent.yaml";
const TOKEN = "/run/secrets/agent-token";
const KEY = "/run/secrets/responder-key";
const PORT = 9464;
const CONTROL_PORT = 7654;

/** Puts the configuration and the secrets where a container would have them mounted. */
export function placeFiles(root: string, user: string): void {
  const [uid = "", gid = ""] = user.split(":");
  const secret = `${"5a".repeat(32)}\n`;
  for (const [path, text, mode] of [
    [CONFIG, AGENT_CONFIG, 0o444],
    [TOKEN, secret, 0o400],
    [KEY, secret, 0o400],
  ] as const) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
    chownSync(join(root, path), Number(uid), Number(gid));
  }
}

/** It asks this machine's own closed ports, so that a run fails quickly. */
const AGENT_CONFIG = `
role: unity-secondary
hosts: {domain-controller: [127.0.0.1]}
schedule: {every: 1h, only: [tcp/88, tcp/389]}
listen: {address: 0.0.0.0, port: ${PORT}, token: "\${file:${TOKEN}}"}
history: {dir: ${STATE}}
`;

/**
 * Runs inside as process 1: starts the verb behind it, waits for a line on its standard error, asks something of it, ends
 * it by SIGTERM, and prints what came of it as JSON.
 */
const drive = (line: string, ask: string): string => `
const { spawn } = require("node:child_process");
const net = require("node:net");
const child = spawn(process.execPath, process.argv.slice(1), { stdio: ["ignore", "inherit", "pipe"] });
let text = "";
let asked;
child.stderr.on("data", (chunk) => {
  process.stderr.write(chunk);
  text += chunk;
  if (asked || !text.includes(${JSON.stringify(line)})) return;
  asked = (async () => (${ask}))().catch((error) => String(error));
  asked.then(() => child.kill("SIGTERM"));
});
child.on("exit", async (code, signal) => console.log(JSON.stringify({ code, signal, asked: await asked })));
`;

const ASK_AGENT = `Promise.all(["/-/healthy", "/-/ready", "/metrics", "/api/v1/status"].map(async (path) =>
  path + " " + (await fetch("http://127.0.0.1:${PORT}" + path)).status))`;

/** The control channel says nothing to who has no key. */
const ASK_RESPONDER = `new Promise((resolve) => {
  const socket = net.connect(${CONTROL_PORT}, "127.0.0.1", () => { socket.destroy(); resolve("accepted"); });
  socket.on("error", (error) => resolve(error.code));
})`;

function drivenTo(asked: unknown): (ended: Ended) => boolean {
  return ({ exitCode, stdout }) =>
    exitCode === 0 && stdout.trim().split("\n").at(-1) === JSON.stringify({ code: 0, signal: null, asked });
}

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

export interface Proof {
  readonly what: string;
  readonly argv: readonly string[];
  readonly holds: (ended: Ended) => boolean;
}

/** What is run of the image, and what must be seen. */
export function proofsOf(image: Stage, version: string): readonly Proof[] {
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
    {
      what: "agent --check-config",
      argv: command("agent", "--config", CONFIG, "--check-config"),
      holds: ({ exitCode, stdout }) => exitCode === 0 && stdout.includes("can be used"),
    },
    {
      what: "agent --once, with a history in its volume",
      argv: command("agent", "--config", CONFIG, "--once", "-o", "table"),
      holds: ({ exitCode, stdout, stderr }) =>
        exitCode === 1 && stdout.includes("FAIL") && !/"level":[4-6]0.*istory/.test(stderr),
    },
    {
      what: "agent: healthy, ready, metrics for all, the rest for who has the token; SIGTERM ends it",
      argv: [NODE, "-e", drive('"listening"', ASK_AGENT), "--", ...args, "agent", "--config", CONFIG],
      holds: drivenTo(["/-/healthy 200", "/-/ready 200", "/metrics 200", "/api/v1/status 401"]),
    },
    {
      what: "respond: ports above 1023, a key from a file; SIGTERM ends it",
      argv: [NODE, "-e", drive("listening on", ASK_RESPONDER), "--"].concat([
        ...args,
        "respond",
        "--ports",
        "udp/22800-32767",
        "--key-file",
        KEY,
      ]),
      holds: drivenTo("accepted"),
    },
  ];
}
