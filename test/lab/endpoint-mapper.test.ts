/** Samba's endpoint mapper, asked for one interface: the one it announces is bound, another one stays undecided. */
import { expect } from "vitest";
import { DC } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { test } from "./lane.ts";
import { RPC_PORTS } from "./samba.ts";

test("leads to the port of the interface, which takes a bind", async ({ lane }) => {
  const row = "{service: Replication, ports: [tcp/135], prober: endpoint-mapper, params: {interface: drsuapi}}";
  const asked = await askRows(lane, [row], DC.v4);
  expect(asked.exitCode).toBe(0);
  const found = asked.of("replication/tcp/135");
  expect(found).toMatchObject({ serviceState: "confirmed", outcome: "pass", evidence: { interface: "drsuapi" } });
  const leads = asked.results.filter(({ via }) => via === found.check);
  expect(leads).toHaveLength(1);
  expect(leads[0]).toMatchObject({
    service: "drsuapi",
    prober: "rpc-bind",
    serviceState: "confirmed",
    outcome: "pass",
  });
  expect(RPC_PORTS.map(String)).toContain(leads[0]!.ports);
});

test("does not prove a service that the map does not name", async ({ lane }) => {
  const asked = await askProfile(lane, "ocs-archiving", DC.v4);
  expect(asked.exitCode).toBe(3);
  expect(asked.of("msmq/tcp/135")).toMatchObject({
    state: "open",
    serviceState: "unchecked",
    outcome: "inconclusive",
    detail: expect.stringContaining("qmcomm is not registered"),
  });
});
