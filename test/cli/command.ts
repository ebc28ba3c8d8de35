/** The built command as its users start it: a child process, its streams and its exit code. `npm run build` comes first. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));
const bundle = new URL("../../dist/cli/main.js", import.meta.url);

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** The first whole line on standard output; undefined when there never was one. */
  readonly firstLine: Promise<string | undefined>;
  readonly ended: Promise<Ended>;
}

export type Environment = Readonly<Record<string, string>>;

/** Starts the command with nothing in its environment that changes what it says, save what is given. */
export function start(args: readonly string[], environment: Environment = {}): Running {
  if (!existsSync(bundle)) throw new Error("dist/ is missing: npm run build");
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...neutralEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const firstLine = new Promise<string | undefined>((resolve) => {
    child.stdout.on("data", (text: string) => {
      stdout += text;
      if (stdout.includes("\n")) resolve(stdout.split("\n", 1)[0]);
    });
    child.on("close", () => resolve(undefined));
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return { child, firstLine, ended };
}

/** Starts the command and waits for its end. */
export function run(args: readonly string[], environment?: Environment): Promise<Ended> {
  return start(args, environment).ended;
}

function neutralEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("UNITY_PROBE_") && !["NO_COLOR", "FORCE_COLOR", "NODE_OPTIONS"].includes(name),
  );
  return Object.fromEntries(own);
}
