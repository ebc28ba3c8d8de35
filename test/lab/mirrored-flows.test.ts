/** Both directions over the ports from which systems also send: the reverse flows open nothing for the forward ones. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { endDaemon } from "./command.ts";
import { askWithFarEnd, ownAddress, respond } from "./far-end-cli.ts";
import { type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";

/** What the far end began may be answered; of the agent only the control channel passes. */
const TOWARDS_US: Firewall = [
  'add rule inet lab forward iifname "agent" tcp dport 7654 accept',
  "add rule inet lab forward ct state established,related accept",
  'add rule inet lab forward iifname "dc" accept',
  "add rule inet lab forward drop",
];

const PROFILE = `id: lab-everything
title: Here → there
product: Lab
from: here
to: there
rows:
  - {service: Everything, ports: [udp/1024-65535], prober: port-sweep, expect: path}
`;

test("no forward port is open behind a router that lets only the far end begin", async ({ lane }) => {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-mirror-"));
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, 155)).v4;
  const keyFile = join(folder, "key");
  await writeFile(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
  const daemon = await respond(
    { namespace, address, keyFile, logFile: join(folder, "log") },
    ...["--ports", "udp/1024-65535"],
  );
  try {
    await loadFirewall(lane, TOWARDS_US);
    const profile = join(folder, "all.yaml");
    await writeFile(profile, PROFILE);
    const args = ["--profile", profile, "--host", address, "--responder", address, "--key-file", keyFile];
    const { rows } = await askWithFarEnd(lane, [...args, "--reverse", "--rate", "max"]);
    const [out, back] = (["out", "in"] as const).map((way) => rows.find(({ direction }) => direction === way)?.range);
    expect(back?.open).toBeGreaterThan(64_000);
    expect([out?.open, out?.closed]).toEqual([0, 0]);
  } finally {
    await endDaemon(daemon);
    await rm(folder, { recursive: true });
  }
});
