/** SQL Server, its browser and Exchange routing, by far ends that say what specifications and others printed. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { onLan } from "./addresses.ts";
import { askProfile } from "./ask-profile.ts";
import { type Daemon, runOk, startDaemon, untilReady } from "./command.ts";
import { test } from "./lane.ts";
import { inside, listeners } from "./namespaces.ts";

const PRINTED = onLan(38);
const START_TIMEOUT_MS = 15_000;

let folder: string;
let server: Daemon;
const { dc } = inject("lab");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-printed-"));
  await runOk(inside(dc, ["ip", "addr", "add", `${PRINTED.v4}/24`, "dev", "lan"]));
  const script = join(import.meta.dirname, "printed-server.ts");
  const argv = inside(dc, [process.execPath, "--import", "tsx", script, PRINTED.v4]);
  server = startDaemon("the printed server", argv, `${folder}/printed.out`);
  const sockets = ["tcp/1433", "tcp/691", "udp/1434"].map((port) => port.replace("/", `/${PRINTED.v4}:`));
  const ready = async () => {
    const listening = await listeners(dc);
    return sockets.every((socket) => listening.has(socket));
  };
  await untilReady(server, ready, START_TIMEOUT_MS);
});

afterAll(async () => {
  server.process.kill("SIGTERM");
  await once(server.process, "exit");
  await runOk(inside(dc, ["ip", "addr", "del", `${PRINTED.v4}/24`, "dev", "lan"]));
  await rm(folder, { recursive: true });
});

test("SQL Server and its browser are proven, and the announced port too", async ({ lane }) => {
  const only = ["--only", "tcp/1433", "--only", "udp/1434"];
  const asked = await askProfile(lane, "unity-failover-pair", PRINTED.v4, only);
  expect(asked.exitCode).toBe(0);
  expect(asked.of("microsoft-sql-server/tcp/1433")).toMatchObject({
    serviceState: "confirmed",
    outcome: "pass",
    evidence: { product: "SQL Server 2008" },
  });
  const browser = asked.of("microsoft-sql-server-browser/udp/1434");
  expect(browser).toMatchObject({
    serviceState: "confirmed",
    outcome: "pass",
    evidence: { instanceName: "MSSQLSERVER", tcpPort: 1433, spoofResistance: "port only" },
  });
  expect(asked.results.filter(({ via }) => via === browser.check)).toMatchObject([
    { ports: "1433", prober: "mssql", serviceState: "confirmed", outcome: "pass" },
  ]);
});

test("Exchange routing is proven by its banner", async ({ lane }) => {
  const asked = await askProfile(lane, "exchange-to-exchange", PRINTED.v4, ["--only", "tcp/691"]);
  expect(asked.exitCode).toBe(0);
  expect(asked.of("message-routing/tcp/691")).toMatchObject({
    serviceState: "confirmed",
    outcome: "pass",
    evidence: { version: "6.5.7226.0" },
  });
});

test("what is not there gets the right state", async ({ lane }) => {
  const asked = await askProfile(lane, "unity-failover-pair", PRINTED.v4, [
    ...["--only", "tcp/3372", "--only", "tcp/3653"],
    ...["--only", "Transaction Coordinator by the endpoint mapper"],
  ]);
  expect(asked.exitCode).toBe(1);
  for (const check of [
    "microsoft-distributed-transaction-coordinator/tcp/3372",
    "transaction-coordinator-by-the-endpoint-mapper/tcp/135",
    "failover-node-manager/tcp/3653",
  ]) {
    expect(asked.of(check), check).toMatchObject({ state: "closed", outcome: "fail" });
  }
});
