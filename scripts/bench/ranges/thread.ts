/** What the main thread feels of a sweep in its worker: how late its timers are, and how much memory comes on top. */
import { runOk } from "../../../test/lab/command.ts";
import { inside } from "../../../test/lab/namespaces.ts";
import { loadTruth, type Network, withNetwork } from "./network.ts";
import type { Felt } from "./thread-client.ts";
import { MIXED, PORT_COUNT, portsThatAre, truthOf } from "./truth.ts";

const REPEATS = 3;
const TIMEOUT_MS = 60_000;

/** Measures, and gives the table as text. */
export function benchThread(): Promise<string> {
  const truth = truthOf(MIXED);
  return withNetwork(portsThatAre(truth, "open"), async (network) => {
    await loadTruth(network, truth);
    const lines: string[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) lines.push(lineOf(await once(network)));
    return ["the main thread during a sweep of 64,512 ports, mixed", ...lines].join("\n");
  });
}

async function once({ lane, target }: Network): Promise<Felt> {
  const argv = [process.execPath, "--import", "tsx", "scripts/bench/ranges/thread-client.ts", target];
  return JSON.parse(await runOk(inside(lane.agent, argv), { timeoutMs: TIMEOUT_MS }));
}

function lineOf({ lateMs, memoryBeforeMb, memoryMostMb, settled }: Felt): string {
  const p99 = lateMs[Math.floor(lateMs.length * 0.99)] ?? 0;
  const grown = memoryMostMb - memoryBeforeMb;
  const late = `timers late: p99 ${p99.toFixed(1)} ms (aim 10), most ${(lateMs.at(-1) ?? 0).toFixed(1)} ms`;
  return `  ${late}; memory on top: ${grown.toFixed(0)} MB (aim 40); ${settled} of ${PORT_COUNT} ports settled`;
}
