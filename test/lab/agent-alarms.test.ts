/** Alarms over a real network: one for a host that vanishes, and none when it is ourselves who do. */
import { describe, expect } from "vitest";
import { DC, STRANGER_ADDRESSES } from "./addresses.ts";
import { runOk } from "./command.ts";
import { ALL_PASSES, BLACK_HOLE, loadFirewall } from "./firewall.ts";
import { LabAgent } from "./lab-agent.ts";
import { test } from "./lane.ts";
import { routerAddresses } from "./namespaces.ts";

/** Rows that all answer as long as there is a way, and may be asked in every run; runs follow each other closely. */
const config = (selfCheck: string) => `
role: unity-secondary
hosts: {domain-controller: [${DC.v4}]}
schedule: {every: 2s, only: [tcp/389, udp/389, tcp/636, tcp/139, tcp/445]}
damping: {changes: 2, of: 2}
self-check: ${selfCheck}
`;

/** Another host takes its place, where nothing listens: it refuses everything, by ICMP errors as Linux rations them. */
const NOTHING_LISTENS = [
  "add chain inet lab prerouting { type nat hook prerouting priority -100; }",
  `add rule inet lab prerouting iifname "agent" ip daddr ${DC.v4} dnat ip to ${STRANGER_ADDRESSES[0]!.v4}`,
];

const ONLY_THE_HOST = [`add rule inet lab forward ip daddr ${DC.v4} drop`];

describe("alarms", () => {
  test("a host that vanishes is one, and one recovery", async ({ lane }) => {
    await using agent = await LabAgent.start(lane, config("{gateway: true}"));
    expect(await agent.nextRun()).toMatchObject({ status: "completed", pass: 5 });
    await loadFirewall(lane, BLACK_HOLE);
    await agent.until("an alarm", ({ messages }) => messages.length > 0);
    expect(agent.messages).toMatchObject([
      { event: "alarm", title: `${DC.v4}: 5 of 5 rows do not get through`, cause: { kind: "host", trouble: "path" } },
    ]);
    // It is not told again while it lasts.
    await agent.nextRun();
    await loadFirewall(lane, ALL_PASSES);
    await agent.until("a recovery", ({ messages }) => messages.length > 1);
    await agent.nextRun();
    expect(agent.messages.slice(1)).toMatchObject([{ event: "recovery", over: true }]);
    expect(agent.messages[1]!.badForMs).toBeGreaterThan(4_000);
    expect(new Set(agent.runs.map(({ status }) => status))).toEqual(new Set(["completed"]));
  });

  test("a host that refuses everything is one, though its ranges pass and a row is due later", {
    timeout: 240_000,
  }, async ({ lane }) => {
    const rows = "tcp/389, udp/389, tcp/636, tcp/445, udp/123, tcp/5000-5020, udp/5000-5020";
    const more = config("{gateway: true}").replace(/only: \[.*\]/, `only: [${rows}]`);
    await using agent = await LabAgent.start(lane, more);
    expect(await agent.nextRun()).toMatchObject({ status: "completed", fail: 0 });
    await loadFirewall(lane, NOTHING_LISTENS);
    await agent.until("an alarm", ({ messages }) => messages.length > 0);
    expect(agent.messages[0]).toMatchObject({ event: "alarm", cause: { kind: "host", trouble: "refusal" } });
    // NTP, which is asked each 16 s, fails twice too.
    await agent.until("all refused", ({ runs }) => runs.filter(({ fail }) => fail === 5).length >= 3);
    expect(agent.messages.map(({ title }) => title)).toEqual([agent.messages[0]!.title]);
  });

  // Linux trusts a neighbour for up to 45 s, and the agent waits for that.
  test("a gateway that is gone is none", { timeout: 480_000 }, async ({ lane }) => {
    const gateway = routerAddresses(lane).v4;
    const address = (verb: string) => runOk(["ip", "-n", lane.router, "addr", verb, `${gateway}/24`, "dev", "agent"]);
    await using agent = await LabAgent.start(lane, config("{gateway: true}"));
    expect(await agent.nextRun()).toMatchObject({ status: "completed", pass: 5 });
    await address("del");
    try {
      await agent.until("cut off", ({ runs }) => runs.at(-1)?.status === "agent-offline");
      expect(agent.runs.at(-1)?.offline).toBe(`the gateway ${gateway} is not there`);
      expect((await agent.nextRun()).status).toBe("agent-offline");
    } finally {
      await address("add");
    }
    await agent.until("back", ({ runs }) => runs.at(-1)?.pass === 5);
    await agent.nextRun();
    expect(agent.messages).toEqual([]);
  });

  test("an anchor that is cut off with the host is none, and one that answers makes it one", async ({ lane }) => {
    // Nothing listens there: its refusal is an answer.
    const anchor = `tcp/${STRANGER_ADDRESSES[0]!.v4}:9`;
    await using agent = await LabAgent.start(lane, config(`{gateway: true, anchor: "${anchor}"}`));
    expect(await agent.nextRun()).toMatchObject({ status: "completed", pass: 5 });
    await loadFirewall(lane, BLACK_HOLE);
    await agent.until("cut off", ({ runs }) => runs.at(-1)?.status === "agent-offline");
    expect(agent.runs.at(-1)?.offline).toBe(`the anchor ${anchor} does not answer`);
    expect(agent.messages).toEqual([]);
    await loadFirewall(lane, ONLY_THE_HOST);
    await agent.until("an alarm", ({ messages }) => messages.length > 0);
    expect(agent.messages).toMatchObject([{ event: "alarm", cause: { kind: "host" } }]);
  });
});
