import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { causesOf } from "../../src/agent/alarm-causes.ts";
import type { AlarmRow } from "../../src/agent/alarm-rows.ts";
import { formatSpan } from "../../src/agent/alarm-words.ts";
import { Alerts } from "../../src/agent/alerts.ts";
import type { Notice } from "../../src/agent/incidents.ts";
import { CellStates } from "../../src/agent/states.ts";
import { activeAlerts, bodyOf, type Sender } from "../../src/agent/webhook-formats.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { HOSTILE } from "../report/sample-results.ts";
import { TOOL } from "../report/sample-run.ts";
import { row, rows } from "./alarm-stage.ts";
import { EPOCH_MS, record } from "./sample-record.ts";

const NOW_MS = EPOCH_MS + 3_600_000;
const sender: Sender = {
  tool: TOOL,
  source: { host: "unity2.example.com", role: "unity-secondary" },
  titles: new Map([["failover-secondary", "Unity secondary → DC"]]),
  nowMs: NOW_MS,
};

const rowOf = (number: number, more: Parameters<typeof row>[3] = {}): AlarmRow => {
  const result = row("fail", "dc01", number, { profile: "failover-secondary", ...more });
  return { key: `${number}`, schedule: "default", outcome: "fail", sinceMs: EPOCH_MS, result };
};

function notice(bad: readonly AlarmRow[], more: Partial<Notice> = {}): Notice {
  const all = bad.map(({ result }) => result);
  const [{ cause } = { cause: undefined }] = causesOf(bad, [
    ...all,
    ...rows(9, (number) => row("pass", "dc01", number)),
  ]);
  const incident = {
    id: "vector failover-secondary dc01",
    cause: cause!,
    startedMs: EPOCH_MS,
    severity: "failing",
  } as const;
  const told = bad.map((each) => ({ ...each, badSinceMs: each.sinceMs }));
  return { event: "alarm", incident, atMs: EPOCH_MS + 250, rows: told, stillBad: bad, ...more };
}

/** What was bad since the epoch passes 12 minutes later. */
function recovered(bad: readonly AlarmRow[]): Notice {
  const told = bad.map((each) => ({
    ...each,
    outcome: "pass" as const,
    sinceMs: EPOCH_MS + 720_000,
    badSinceMs: EPOCH_MS,
  }));
  return notice(bad, { event: "recovery", rows: told, stillBad: [] });
}

describe("json", () => {
  it("says what, where, since when and how it was seen", () => {
    expect(JSON.parse(bodyOf("json", notice([rowOf(0)]), sender))).toEqual({
      schemaVersion: 1,
      tool: TOOL,
      source: { host: "unity2.example.com", role: "unity-secondary" },
      event: "alarm",
      incident: "vector failover-secondary dc01",
      severity: "failing",
      over: false,
      title: "Unity secondary → DC, dc01: 1 row failing: Service 0 tcp/1000",
      cause: { kind: "vector", trouble: "path", hosts: ["dc01"], hostCount: 1, profile: "failover-secondary" },
      startedAt: "2026-01-02T03:04:05.000Z",
      at: "2026-01-02T03:04:05.250Z",
      rowCount: 1,
      rows: [
        {
          profile: "failover-secondary",
          check: "service-0/tcp/1000",
          service: "Service 0",
          transport: "tcp",
          ports: "1000",
          host: "dc01",
          address: "10.20.1.10",
          outcome: "fail",
          state: "filtered",
          reason: "no-response",
          detail: "it was fail",
          badSince: "2026-01-02T03:04:05.000Z",
        },
      ],
      stillBadCount: 1,
      stillBad: [expect.objectContaining({ check: "service-0/tcp/1000" })],
    });
  });

  it("has the fields that docs/alarms.md shows, and those that its table adds", () => {
    const page = readFileSync(new URL("../../docs/alarms.md", import.meta.url), "utf8");
    const shown = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(page)![1]!);
    const { cause, rows: named, ...head } = JSON.parse(bodyOf("json", notice([rowOf(0)]), sender));
    expect(Object.keys(shown)).toEqual(expect.arrayContaining(Object.keys(head)));
    expect(Object.keys(shown).length).toBe(Object.keys(head).length + 2);
    expect(Object.keys(named[0])).toEqual(Object.keys(shown.rows[0]));
    expect(Object.keys(cause)).toEqual(expect.arrayContaining(["kind", "trouble", "hosts", "hostCount"]));
    const recovery = JSON.parse(bodyOf("json", recovered([rowOf(0)]), sender));
    for (const field of [...Object.keys(recovery), ...Object.keys(recovery.rows[0])]) {
      expect(field in shown || field in shown.rows[0] || page.includes(`| \`${field}\` |`), field).toBe(true);
    }
  });

  it("says of a recovery how long it was bad", () => {
    expect(JSON.parse(bodyOf("json", recovered([rowOf(0)]), sender))).toMatchObject({
      event: "recovery",
      over: true,
      badForMs: 720_000,
      rows: [{ outcome: "pass", badSince: "2026-01-02T03:04:05.000Z", recoveredAt: "2026-01-02T03:16:05.000Z" }],
    });
  });

  it("counts all rows and names fifty", () => {
    const body = bodyOf("json", notice(rows(500, (n) => rowOf(n).result).map((_, n) => rowOf(n))), sender);
    const { rowCount, rows: named } = JSON.parse(body);
    expect([rowCount, named.length]).toEqual([500, 50]);
    expect(body.length).toBeLessThan(64 * 1024);
  });
});

describe("slack", () => {
  it("is one text: the news, the rows, who saw it", () => {
    expect(JSON.parse(bodyOf("slack", notice([rowOf(0), rowOf(1)]), sender))).toEqual({
      text: [
        "*ALARM* Unity secondary → DC, dc01: 2 rows failing: Service 0 tcp/1000, Service 1 tcp/1001",
        "FAIL  tcp/1000  Service 0, dc01 10.20.1.10: it was fail",
        "FAIL  tcp/1001  Service 1, dc01 10.20.1.10: it was fail",
        "seen from unity2.example.com",
      ].join("\n"),
    });
  });

  it("says recovered, and how long it took", () => {
    expect(JSON.parse(bodyOf("slack", recovered([rowOf(0)]), sender)).text).toBe(
      "*RECOVERED* Unity secondary → DC, dc01: recovered, 1 row passes again after 12 min\nseen from unity2.example.com",
    );
  });

  it("lets a peer's text call nobody", () => {
    const { text } = JSON.parse(
      bodyOf("slack", notice([rowOf(0, { detail: "<!channel> & <http://evil.invalid|ok>" })]), sender),
    );
    expect(text).toContain("&lt;!channel&gt; &amp; &lt;http://evil.invalid|ok&gt;");
  });
});

describe("alertmanager", () => {
  const alertsOf = (body: string) => JSON.parse(body) as readonly Record<string, never>[];

  it("is an alert that lasts five minutes unless it is told again", () => {
    expect(alertsOf(bodyOf("alertmanager", notice([rowOf(0)]), sender))).toEqual([
      {
        labels: {
          alertname: "UnityProbe",
          agent: "unity2.example.com",
          incident: "vector failover-secondary dc01",
          severity: "critical",
          kind: "vector",
          host: "dc01",
          profile: "failover-secondary",
        },
        annotations: {
          summary: "Unity secondary → DC, dc01: 1 row failing: Service 0 tcp/1000",
          description: "FAIL  tcp/1000  Service 0, dc01 10.20.1.10: it was fail",
        },
        startsAt: "2026-01-02T03:04:05.000Z",
        endsAt: "2026-01-02T04:09:05.000Z",
      },
    ]);
  });

  it("ends with the recovery, under the same labels", () => {
    const [begun] = alertsOf(bodyOf("alertmanager", notice([rowOf(0)]), sender));
    const [ended] = alertsOf(bodyOf("alertmanager", recovered([rowOf(0)]), sender));
    const [lasting] = alertsOf(activeAlerts([{ head: notice([rowOf(0)]).incident, rows: [rowOf(0)] }], sender));
    expect(ended!.labels).toEqual(begun!.labels);
    expect(lasting!.labels).toEqual(begun!.labels);
    expect(ended!.endsAt).toBe("2026-01-02T04:04:05.000Z");
  });

  it("is told every minute while it lasts, and no longer", async () => {
    const clock = new HeldClock();
    const sent: { readonly atMs: number; readonly alerts: readonly Record<string, never>[] }[] = [];
    const states = new CellStates({ need: 1, of: 1 });
    const hook = { url: "http://127.0.0.1:9/api/v2/alerts", format: "alertmanager", headers: {} } as const;
    const alerts = new Alerts([hook], {
      world: clock.world,
      tool: TOOL,
      source: sender.source,
      post: async ({ body }) => {
        sent.push({ atMs: clock.nowMs, alerts: alertsOf(body) });
        return { status: 200 };
      },
      tell: () => {},
    });
    const run = (number: number, outcome: "pass" | "fail") => {
      const seen = record(
        number,
        rows(3, (each) => row(outcome, "dc01", each)),
      );
      alerts.note(seen, states.apply(seen), states.cells());
    };
    run(0, "fail");
    await clock.passes(clock.sleep(150_000));
    run(1, "pass");
    await clock.passes(clock.sleep(300_000));
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 60_000, 120_000, 150_000]);
    const ends = sent.map(({ alerts: [alert] }) => Date.parse(alert!.endsAt!) - clock.world.wallMs() + clock.nowMs);
    expect(ends).toEqual([300_000, 360_000, 420_000, 150_000]);
    await alerts.drain(AbortSignal.abort());
  });
});

describe("every format", () => {
  it.each(["json", "slack", "alertmanager"] as const)("%s makes a peer's bytes harmless", (format) => {
    const body = bodyOf(format, notice([rowOf(0, { detail: HOSTILE, service: HOSTILE })]), sender);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(body).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\ufeff]/);
    JSON.parse(body);
  });
});

describe("a span of time", () => {
  it.each([
    [0, "0 s"],
    [45_400, "45 s"],
    [100_000, "2 min"],
    [5_400_000, "1 h 30 min"],
    [7_200_000, "2 h"],
    [200_000_000, "2 d 8 h"],
    [172_800_000, "2 d"],
  ])("%i ms is %s", (ms, words) => {
    expect(formatSpan(ms)).toBe(words);
  });
});
