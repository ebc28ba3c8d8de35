/** A long and lossy line between the router's two sides: bench/slow-line.c, compiled when it is wanted. */
import { once } from "node:events";
import { join } from "node:path";
import { hasEnded, runOk, startDaemon, untilReady } from "../../../test/lab/command.ts";
import { inside } from "../../../test/lab/namespaces.ts";
import { compile } from "./compile.ts";
import type { Network } from "./network.ts";

const DEVICE = "slow";
const TABLE = 100;
/** Longer than what a whole sweep has on its way at once: the queue itself must not lose anything. */
const QUEUE_PACKETS = 100_000;
const START_TIMEOUT_MS = 10_000;

/** What passes the router takes so long and is lost so often, each way. */
export interface Line {
  readonly eachWayMs: number;
  readonly lostPerMillion: number;
}

/** Sends everything that passes the router over the line while `use` runs. */
export async function overSlowLine<T>(network: Network, line: Line, use: () => Promise<T>): Promise<T> {
  const { router } = network.lane;
  const ip = (words: string) => runOk(["ip", "-n", router, ...words.split(" ")]);
  const program = await compile(network, "slow-line");
  const argv = [program, DEVICE, String(line.eachWayMs), String(line.lostPerMillion)];
  const daemon = startDaemon("slow-line", inside(router, argv), join(network.folder, "slow-line.log"));
  const rules = ["agent", "dc"].map((link) => `iif ${link} lookup ${TABLE}`);
  try {
    await untilReady(daemon, async () => (await ip("link")).includes(`${DEVICE}:`), START_TIMEOUT_MS);
    await ip(`link set ${DEVICE} txqueuelen ${QUEUE_PACKETS} up`);
    await ip(`route add default dev ${DEVICE} table ${TABLE}`);
    for (const rule of rules) await ip(`rule add ${rule}`);
    return await use();
  } finally {
    for (const rule of rules) await runOk(["sh", "-c", `ip -n ${router} rule del ${rule} || true`]);
    if (!hasEnded(daemon)) {
      daemon.process.kill("SIGKILL");
      await once(daemon.process, "exit");
    }
  }
}
