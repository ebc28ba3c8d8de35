/** Our loop over TCP ports against the same loop in C: processor time, all 64,512 ports closed by the host. */
import { runOk } from "../../../test/lab/command.ts";
import { inside } from "../../../test/lab/namespaces.ts";
import { median } from "../median.ts";
import { compile } from "./compile.ts";
import { type Network, withNetwork } from "./network.ts";
import { FIRST_PORT, PORT_COUNT } from "./truth.ts";

const REPEATS = 7;
const SOCKETS = 1024;
const AIM = 0.9;
const TIMEOUT_MS = 60_000;

/** Measures, and gives the table as text. Needs a C compiler. */
export function benchLoop(): Promise<string> {
  return withNetwork([], async (network) => {
    const args = [network.target, String(FIRST_PORT), String(PORT_COUNT), String(SOCKETS)];
    const inC = [await compile(network, "connect-loop"), ...args];
    const inNode = [process.execPath, "--import", "tsx", "scripts/bench/ranges/pool-loop.ts", ...args];
    const runs: Record<"inC" | "inNode", Loop[]> = { inC: [], inNode: [] };
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      runs.inC.push(await once(network, inC));
      runs.inNode.push(await once(network, inNode));
    }
    const lines = [lineOf("the loop in C", runs.inC), lineOf("TcpPool", runs.inNode)];
    const ratio = median(runs.inC.map(({ cpuMs }) => cpuMs)) / median(runs.inNode.map(({ cpuMs }) => cpuMs));
    const missed = ratio < AIM ? "  MISSED" : "";
    return [`${PORT_COUNT} closed ports`, ...lines, `  C : ours = ${ratio.toFixed(2)} (aim ${AIM})${missed}`].join(
      "\n",
    );
  });
}

interface Loop {
  readonly refused: number;
  readonly cpuMs: number;
}

async function once({ lane }: Network, argv: readonly string[]): Promise<Loop> {
  const text = await runOk(inside(lane.agent, argv), { timeoutMs: TIMEOUT_MS });
  const [, refused, cpuMs] = /^(\d+) refused.* (\d+) ms$/m.exec(text)!;
  return { refused: Number(refused), cpuMs: Number(cpuMs) };
}

function lineOf(name: string, runs: readonly Loop[]): string {
  const times = runs.map(({ cpuMs }) => cpuMs);
  const wrong = runs.map(({ refused }) => PORT_COUNT - refused);
  const spread = `(${Math.min(...times)}-${Math.max(...times)})`;
  return `${name.padEnd(16)} ${median(times)} ms of processor time ${spread}  wrong cells: ${wrong.join(", ")}`;
}
