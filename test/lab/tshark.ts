/** A second opinion about what is sent: tshark reads it off the agent's link and finds no fault. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./command.ts";
import { inside, type Lane } from "./namespaces.ts";

/** What tshark objects to, whoever sent it. */
const FAULTS = "_ws.malformed || _ws.expert.severity >= 6291456";
/** Frames reach the file some time after they passed the link. */
const FLUSH_TIMEOUT_MS = 60_000;

export interface Dissected {
  /** A line of tshark's for each frame that the filter lets pass. */
  readonly frames: readonly string[];
  /** Those of them in which it found a fault. */
  readonly faults: readonly string[];
}

/** What passed the agent's link during `act`, once so many frames are there; `filter` is one of tshark's own. */
export async function dissected(
  lane: Lane,
  filter: string,
  count: number,
  act: () => Promise<unknown>,
): Promise<Dissected> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-capture-"));
  const file = join(folder, "capture.pcap");
  const [program, ...args] = inside(lane.agent, ["dumpcap", "-q", "-P", "-i", "eth0", "-w", file]);
  const capture = spawn(program!, args, { stdio: ["ignore", "ignore", "pipe"] });
  const read = async (which: string): Promise<readonly string[]> => {
    // A file that is still being written may end in mid-frame, and then the exit code is not 0.
    const { stdout } = await run(["tshark", "-n", "-r", file, "-Y", which]);
    return stdout.split("\n").filter((line) => line !== "");
  };
  try {
    // It says so when it listens.
    for await (const chunk of capture.stderr) if (String(chunk).includes("File:")) break;
    await act();
    const deadline = Date.now() + FLUSH_TIMEOUT_MS;
    while ((await read(filter)).length < count && Date.now() < deadline) await sleep(100);
    return { frames: await read(filter), faults: await read(`(${filter}) && (${FAULTS})`) };
  } finally {
    capture.kill("SIGINT");
    if (capture.exitCode === null) await once(capture, "exit");
    await rm(folder, { recursive: true });
  }
}
