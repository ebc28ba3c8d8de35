/** A real Alertmanager hears of a host that vanishes and comes back, and passes both on. */
import { describe, expect } from "vitest";
import { DC } from "./addresses.ts";
import { Alertmanager, type Notification } from "./alertmanager.ts";
import { ALL_PASSES, BLACK_HOLE, loadFirewall } from "./firewall.ts";
import { LabAgent, NOTIFIED_URL } from "./lab-agent.ts";
import { test } from "./lane.ts";

const CONFIG = `
role: unity-secondary
hosts: {domain-controller: [${DC.v4}]}
schedule: {every: 2s, only: [tcp/389, udp/389, tcp/636, tcp/139, tcp/445]}
damping: {changes: 2, of: 2}
`;

describe("Alertmanager", () => {
  test("holds one alert with the incident's times while it lasts, and none afterwards", async ({ lane }) => {
    await using alertmanager = await Alertmanager.start(lane, NOTIFIED_URL);
    await using agent = await LabAgent.start(lane, CONFIG, [Alertmanager.hook]);
    const notifications = () => agent.notified as readonly Notification[];
    expect(await agent.nextRun()).toMatchObject({ status: "completed", pass: 5 });
    await loadFirewall(lane, BLACK_HOLE);
    await agent.until("an alarm and its notification", ({ messages, notified }) =>
      [messages, notified].every(({ length }) => length > 0),
    );
    const [told] = agent.messages;
    const labels = {
      alertname: "UnityProbe",
      agent: expect.any(String),
      incident: `host ${DC.v4}`,
      severity: "critical",
      kind: "host",
      host: DC.v4,
    };
    const known = await alertmanager.alerts();
    expect(known).toMatchObject([{ annotations: { summary: told!.title }, status: { state: "active" } }]);
    expect(known[0]!.labels).toEqual(labels);
    expect(Date.parse(known[0]!.startsAt)).toBe(Date.parse(told!.startedAt));
    const lastsMs = Date.parse(known[0]!.endsAt) - Date.parse(told!.at);
    expect(lastsMs).toBeGreaterThan(4 * 60_000);
    expect(lastsMs).toBeLessThan(6 * 60_000);
    expect(notifications()).toMatchObject([{ status: "firing", alerts: [{ labels }] }]);
    await loadFirewall(lane, ALL_PASSES);
    await agent.until("a recovery and its notification", ({ messages, notified }) =>
      [messages, notified].every(({ length }) => length > 1),
    );
    const recovery = agent.messages[1]!;
    expect(await alertmanager.alerts()).toEqual([]);
    const [, resolved] = notifications();
    expect(resolved).toMatchObject({
      status: "resolved",
      alerts: [{ labels, annotations: { summary: recovery.title } }],
    });
    expect(Date.parse(resolved!.alerts[0]!.startsAt)).toBe(Date.parse(told!.startedAt));
    // It ended when the agent said so, not when Alertmanager would have lost patience.
    const afterMs = Date.parse(resolved!.alerts[0]!.endsAt) - Date.parse(recovery.at);
    expect(afterMs).toBeGreaterThan(-1_000);
    expect(afterMs).toBeLessThan(60_000);
  });
});
