/** One run of a tool, measured from outside: wall and processor time with the start, memory, packets, and what it said. */
import { join } from "node:path";
import { run } from "../../../test/lab/command.ts";
import { inside } from "../../../test/lab/namespaces.ts";
import { type Network, packetsSent } from "./network.ts";

export interface Measured {
  readonly wallS: number;
  readonly cpuS: number;
  readonly memoryMb: number;
  /** Packets that the agent sent. */
  readonly packets: number;
  /** False: it was ended because it took too long. */
  readonly finished: boolean;
  readonly stdout: string;
  readonly exitCode: number;
}

interface Cost {
  readonly wallS: number;
  readonly cpuS: number;
  readonly memoryKib: number;
  readonly exitCode: number;
  readonly finished: boolean;
}

/** Runs it in the agent's namespace for at most `limitS` seconds. */
export async function measure(network: Network, argv: readonly string[], limitS: number): Promise<Measured> {
  const before = await packetsSent(network);
  const script = join(network.root, "scripts/bench/measure.py");
  const command = inside(network.lane.agent, ["python3", script, String(limitS), ...argv]);
  const { stdout, stderr } = await run(command, { timeoutMs: (limitS + 10) * 1000 });
  const packets = (await packetsSent(network)) - before;
  const cost = JSON.parse(stderr.trim().split("\n").at(-1)!) as Cost;
  if (cost.finished && stdout === "") throw new Error(`${argv.join(" ")} said nothing\n${stderr}`);
  const { wallS, cpuS, finished, exitCode } = cost;
  return { wallS, cpuS, memoryMb: cost.memoryKib / 1024, packets, finished, stdout, exitCode };
}
