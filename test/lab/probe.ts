/** The product as its user runs it: the built command line, inside an agent's namespace. */
import type { ReportDocument } from "../../src/report/document.ts";
import { run } from "./command.ts";
import { inside, type Lane } from "./namespaces.ts";

export interface ProbeRun {
  readonly exitCode: number;
  readonly document: ReportDocument;
  readonly stderr: string;
  readonly wallMs: number;
}

/** Longer than any run may take; a run that reaches it hangs. */
const TIMEOUT_MS = 80_000;

/** Asks a host for every row of the profile `failover-secondary`, and reads the JSON document. */
export async function probe({ agent }: Lane, host: string, ...args: readonly string[]): Promise<ProbeRun> {
  const command = ["bin/unity-probe.js", "--profile", "failover-secondary", "--host", host, ...args, "-o", "json"];
  const startedMs = performance.now();
  const { exitCode, stdout, stderr } = await run(inside(agent, [process.execPath, ...command]), {
    timeoutMs: TIMEOUT_MS,
  });
  const wallMs = performance.now() - startedMs;
  try {
    return { exitCode, document: JSON.parse(stdout) as ReportDocument, stderr, wallMs };
  } catch {
    throw new Error(`${command.join(" ")}: exit ${exitCode}, no JSON document\n${stdout}\n${stderr}`);
  }
}
