/** A long line: what passes a router takes its time, each way. */
import { once } from "node:events";
import { join } from "node:path";
import { hasEnded, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lane } from "./namespaces.ts";

const DEVICE = "slow";
const TABLE = 100;
const START_TIMEOUT_MS = 60_000;

/** What is delayed, as `ip rule` selects it: whatever passes, whichever way, or what the firewall marked with 1. */
const SELECTORS = { all: ["iif agent", "iif dc"], marked: ["fwmark 1"] } as const;

/** Sends what passes the router through `delay.py` while `use` runs. */
export async function withDelay(
  { router }: Lane,
  eachWayMs: number,
  use: () => Promise<void>,
  which: keyof typeof SELECTORS = "all",
): Promise<void> {
  const ip = (words: string) => runOk(["ip", "-n", router, ...words.split(" ")]);
  const argv = ["python3", join(import.meta.dirname, "delay.py"), DEVICE, String(eachWayMs)];
  const daemon = startDaemon("delay.py", inside(router, argv), "/dev/null");
  const rules = ["", "-6 "].flatMap((family) =>
    SELECTORS[which].map((selector) => ({ family, rule: `${selector} lookup ${TABLE}` })),
  );
  try {
    await untilReady(daemon, async () => (await ip("link")).includes(`${DEVICE}:`), START_TIMEOUT_MS);
    await ip(`link set ${DEVICE} up`);
    for (const family of ["", "-6 "]) await ip(`${family}route add default dev ${DEVICE} table ${TABLE}`);
    for (const { family, rule } of rules) await ip(`${family}rule add ${rule}`);
    await use();
  } finally {
    // Its routes go with the device; without them the rules lead nowhere, and the next line adds its own again.
    for (const { family, rule } of rules)
      await runOk(["sh", "-c", `ip -n ${router} ${family}rule del ${rule} || true`]);
    if (!hasEnded(daemon)) {
      daemon.process.kill("SIGKILL");
      await once(daemon.process, "exit");
    }
  }
}
