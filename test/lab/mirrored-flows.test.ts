/**
 * Both directions over the ports from which systems also send, made few: no flow of one direction opens anything for the
 * other, neither in one run nor over a responder's restart.
 */
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, inject } from "vitest";
import type { AgedResponder } from "./aged-responder.ts";
import { type Daemon, endDaemon, startDaemon, untilReady } from "./command.ts";
import { askWithFarEnd, type FarEndRun, ownAddress, respond } from "./far-end-cli.ts";
import { farEndsOf } from "./far-ends.ts";
import { type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, listeners, setKernel } from "./namespaces.ts";

/** What one side began may be answered; the other begins nothing, save the control channel. */
function letsBegin(side: "agent" | "dc"): Firewall {
  return [
    'add rule inet lab forward iifname "agent" tcp dport 7654 accept',
    "add rule inet lab forward ct state established,related accept",
    `add rule inet lab forward iifname "${side}" accept`,
    "add rule inet lab forward drop",
  ];
}

const PORTS = { first: 40_000, last: 41_999 };
const COUNT = 2_000;
const LISTED = "udp/40000-41999";
const RANGE = "net.ipv4.ip_local_port_range";

const PROFILE = `id: lab-everything
title: Here → there
product: Lab
from: here
to: there
rows:
  - {service: Everything, ports: [${LISTED}], prober: port-sweep, expect: path}
`;

const SYSTEMS_CHOICE = "32768 60999";

const ends = farEndsOf("mirror");
let profile: string;

beforeAll(async () => {
  profile = ends.file("all.yaml");
  await writeFile(profile, PROFILE);
  await setKernel(inject("lab").swept, { [RANGE]: `${PORTS.first} ${PORTS.last}` });
});

afterAll(async () => {
  await setKernel(inject("lab").swept, { [RANGE]: SYSTEMS_CHOICE });
});

/** Both machines send from the ports that are asked. */
async function askOverOwnPorts(lane: Lane, args: readonly string[]): Promise<FarEndRun> {
  await setKernel(lane.agent, { [RANGE]: `${PORTS.first} ${PORTS.last}` });
  try {
    return await askWithFarEnd(lane, args);
  } finally {
    await setKernel(lane.agent, { [RANGE]: SYSTEMS_CHOICE });
  }
}

const asking = (address: string) => {
  const args = ["--profile", profile, "--host", address, "--responder", address, "--key-file", ends.keyFile];
  return [...args, "--rate", "max"];
};

async function aged(namespace: string, address: string): Promise<Daemon> {
  const what: AgedResponder = { address, port: 7_654, keyFile: ends.keyFile, ...PORTS };
  const argv = [process.execPath, "--import", "tsx", "test/lab/aged-responder.ts", JSON.stringify(what)];
  const daemon = startDaemon("an aged responder", inside(namespace, argv), ends.file("aged.log"));
  await untilReady(daemon, async () => (await listeners(namespace)).has(`tcp/${address}:7654`), 20_000);
  return daemon;
}

test("no forward port is open behind a router that lets only the far end begin", async ({ lane }) => {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, 155)).v4;
  const daemon = await aged(namespace, address);
  try {
    await loadFirewall(lane, letsBegin("dc"));
    const { rows } = await askOverOwnPorts(lane, [...asking(address), "--reverse"]);
    const [out, back] = (["out", "in"] as const).map((way) => rows.find(({ direction }) => direction === way)?.range);
    expect(back?.open).toBe(COUNT);
    // The port from which the far end sent is asked from none of ours.
    expect([out?.tested, out?.filtered]).toEqual([COUNT - 1, COUNT - 1]);
  } finally {
    await endDaemon(daemon);
  }
});

test("no reverse port is open behind a router that remembers a forward run before the responder's restart", async ({
  lane,
}) => {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, 156)).v4;
  const at = { namespace, address, keyFile: ends.keyFile, logFile: ends.file("restarted.log") };
  let daemon = await respond(at, "--ports", LISTED);
  try {
    await loadFirewall(lane, letsBegin("agent"));
    const before = await askOverOwnPorts(lane, asking(address));
    expect(before.rows[0]?.range?.open).toBe(COUNT);
    await endDaemon(daemon);
    daemon = await respond(at, "--ports", LISTED);
    const { rows } = await askOverOwnPorts(lane, [...asking(address), "--reverse"]);
    const back = rows.find(({ direction }) => direction === "in");
    expect(back).toMatchObject({ outcome: "skipped", detail: expect.stringContaining("may mirror an earlier flow") });
  } finally {
    await endDaemon(daemon);
  }
});
