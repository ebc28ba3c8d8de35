/** A shipped profile, or a row of one's own, asked from an agent as a user would ask it: the results by check. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReportDocument } from "../../src/report/document.ts";
import { run } from "./command.ts";
import { inside, type Lane } from "./namespaces.ts";

export type Result = ReportDocument["results"][number];

export interface Asked {
  readonly exitCode: number;
  readonly results: readonly Result[];
  /** By id, `dns/udp/53`; throws where there is none. */
  of(check: string): Result;
}

const TIMEOUT_MS = 180_000;

/** `env` is added to our own environment. */
export async function askProfile(
  { agent }: Lane,
  profile: string,
  host: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Asked> {
  const words = ["bin/unity-probe.js", "--profile", profile, "--host", host, "-q", "-o", "json", ...args];
  const result = await run(inside(agent, [process.execPath, ...words]), { timeoutMs: TIMEOUT_MS, env });
  if (!result.stdout.startsWith("{")) throw new Error(`exit ${result.exitCode}, no document\n${result.stderr}`);
  const { results } = JSON.parse(result.stdout) as ReportDocument;
  const of = (check: string): Result => {
    const found = results.find((one) => one.check === check);
    if (found === undefined) throw new Error(`no ${check} among ${results.map((one) => one.check).join(", ")}`);
    return found;
  };
  return { exitCode: result.exitCode, results, of };
}

/** The same with a profile of these rows alone, each a line of YAML. */
export async function askRows(
  lane: Lane,
  rows: readonly string[],
  host: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Asked> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-rows-"));
  try {
    const head = ["id: lab-rows", "title: Agent → server", "product: Lab", "from: agent", "to: server", "rows:"];
    const file = join(folder, "lab-rows.yaml");
    await writeFile(file, [...head, ...rows.map((row) => `  - ${row}`), ""].join("\n"));
    return await askProfile(lane, file, host, args, env);
  } finally {
    await rm(folder, { recursive: true });
  }
}
