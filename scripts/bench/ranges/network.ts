/**
 * The network of the range benches: the lab's agent, router and host, without any service but listeners on the ports
 * that are to be open. Root, Linux.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DC } from "../../../test/lab/addresses.ts";
import { runOk, startDaemon, untilReady } from "../../../test/lab/command.ts";
import { type Firewall, loadFirewall } from "../../../test/lab/firewall.ts";
import {
  createNamespaces,
  inside,
  type Lane,
  labOf,
  listeners,
  removeNamespaces,
  setIcmpLimit,
} from "../../../test/lab/namespaces.ts";
import { type Fate, portsThatAre, type Truth } from "./truth.ts";

export interface Network {
  readonly lane: Lane;
  /** The host behind the router. */
  readonly host: string;
  /** Its address. */
  readonly target: string;
  /** The root of the project. */
  readonly root: string;
  /** For what is built and written; gone afterwards. */
  readonly folder: string;
}

const START_TIMEOUT_MS = 20_000;
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Brings the network up around `use`. `open` are the host's open TCP ports. */
export async function withNetwork<T>(open: readonly number[], use: (network: Network) => Promise<T>): Promise<T> {
  const whole = labOf(process.pid);
  const lane = whole.lanes[0]!;
  const lab = { ...whole, lanes: [lane] };
  const folder = await mkdtemp(join(tmpdir(), "unity-bench-"));
  try {
    await createNamespaces(lab);
    const argv = [process.execPath, "--import", "tsx", "scripts/bench/ranges/open-ports.ts", DC.v4, open.join(",")];
    const daemon = startDaemon("open-ports", inside(lab.dc, argv), join(folder, "open-ports.log"));
    await untilReady(daemon, async () => (await listeners(lab.dc)).size >= open.length, START_TIMEOUT_MS);
    return await use({ lane, host: lab.dc, target: DC.v4, root, folder });
  } finally {
    await removeNamespaces(lab);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The kernel's own limits on ICMP errors, or none, for the router and the host. */
export async function setIcmpLimits({ lane, host }: Network, limit: "lifted" | "default"): Promise<void> {
  for (const namespace of [lane.router, host]) await setIcmpLimit(namespace, limit);
}

const VERDICT: Readonly<Partial<Record<Fate, string>>> = {
  dropped: "drop",
  reset: "reject with tcp reset",
  "admin-prohibited": "reject with icmpx type admin-prohibited",
};

/**
 * Makes the router do to TCP what the truth says. Only on the way to the host: an answer may come to one of our own ports
 * that bears the same number.
 */
export async function loadTruth({ lane }: Network, truth: Truth): Promise<void> {
  const fates = Object.keys(VERDICT) as Fate[];
  const rules: Firewall = fates.flatMap((fate) => {
    const ports = portsThatAre(truth, fate);
    if (ports.length === 0) return [];
    return [`add rule inet lab forward iifname "agent" tcp dport { ${ports.join(", ")} } ${VERDICT[fate]}`];
  });
  await loadFirewall(lane, rules);
}

/** Drops UDP to these ports. */
export async function dropUdp({ lane }: Network, ports: string): Promise<void> {
  await loadFirewall(
    lane,
    ports === "" ? [] : [`add rule inet lab forward iifname "agent" udp dport { ${ports} } drop`],
  );
}

/** Packets that the agent has sent so far. */
export async function packetsSent({ lane }: Network): Promise<number> {
  const text = await runOk(["ip", "-n", lane.agent, "-j", "-s", "link", "show", "eth0"]);
  return (JSON.parse(text) as [{ stats64: { tx: { packets: number } } }])[0].stats64.tx.packets;
}
