/** SQL Server, its browser and Exchange routing, by far ends that say what specifications and others printed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { UNITY } from "./addresses.ts";
import { askProfile } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import { startPrintedServer } from "./printed.ts";

let folder: string;
let server: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-printed-"));
  server = await startPrintedServer({ namespace: inject("lab").services, address: UNITY }, folder);
});

afterAll(async () => {
  await endDaemon(server);
  await rm(folder, { recursive: true });
});

test("SQL Server and its browser are proven, and the announced port too", async ({ lane }) => {
  const only = ["--only", "tcp/1433", "--only", "udp/1434"];
  const asked = await askProfile(lane, "unity-failover-pair", UNITY.v4, only);
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
  const asked = await askProfile(lane, "exchange-to-exchange", UNITY.v4, ["--only", "tcp/691"]);
  expect(asked.exitCode).toBe(0);
  expect(asked.of("message-routing/tcp/691")).toMatchObject({
    serviceState: "confirmed",
    outcome: "pass",
    evidence: { version: "6.5.7226.0" },
  });
});

test("what is not there gets the right state", async ({ lane }) => {
  const asked = await askProfile(lane, "unity-failover-pair", UNITY.v4, [
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
