import { describe, expect, it } from "vitest";
import type { SweepJob } from "../../src/model/observation.ts";
import { HeldClock } from "./held-clock.ts";
import { type FarEndScript, scriptedFarEnd } from "./scripted-far-end.ts";
import { answers } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, saying, scriptedSweeper, stage, sweep, TARGET } from "./stage.ts";

const probers = [oneshot("asker"), sweep];

function staged(
  checks: Parameters<typeof stage>[0],
  script: FarEndScript = {},
  more: Partial<Parameters<typeof stage>[1]> = {},
) {
  const clock = new HeldClock();
  const far = scriptedFarEnd(clock, script);
  const { sweeper, jobs } = scriptedSweeper(clock, "syn-ack");
  const running = stage(checks, { probers, clock, sweeper, farEnd: far.farEnd, ...more });
  return running.then((report) => ({ ...report, far, jobs }));
}

const portsOfJob = ({ ports }: SweepJob) => [...ports];

describe("an address with a far end", () => {
  it("has all its ports proven at once, before anything else is asked, and nothing more is sent to them", async () => {
    const checks = [
      check("asker", 88, { transport: "udp" }),
      check("asker", 389, { transport: "tcp" }),
      range(5_000, 5_002, { transport: "udp" }),
      range(5_000, 5_001),
    ];
    const { far, jobs, net, results } = await staged(checks);
    expect(far.opened).toEqual([`${TARGET} ${TARGET}`]);
    expect(far.asked.map(({ transport, ports, atMs }) => [transport, [...ports], atMs])).toEqual([
      ["tcp", [389, 5_000, 5_001], 0],
      ["udp", [88, 5_000, 5_001, 5_002], 0],
    ]);
    expect([jobs, net.opened]).toEqual([[], []]);
    expect(results.map(({ verdict, outcome, source }) => [verdict?.reason, outcome, source])).toEqual([
      ["responder-receipt", "inconclusive", "192.0.2.200"],
      ["responder-receipt", "inconclusive", "192.0.2.200"],
      ["responder-receipt", "pass", "192.0.2.200"],
      ["responder-receipt", "pass", "192.0.2.200"],
    ]);
    expect(far.state.ended).toBe(1);
  });

  it("has long ranges asked in full, at its part of the run's rate", async () => {
    const checks = [range(10_000, 19_999, { transport: "udp" }), range(10_000, 19_999, { host: "192.0.2.11" })];
    const { far, results } = await staged(checks, {}, { options: { ratePerS: 4_000 } });
    expect(results.map((result) => [result.range?.tested, result.range?.confidence])).toEqual([
      [10_000, undefined],
      [10_000, undefined],
    ]);
    expect(far.asked.map(({ pace }) => pace)).toEqual([
      { attempts: 3, perSecond: 2_000 },
      { attempts: 2, perSecond: 2_000 },
    ]);
  });

  it("is asked in each row's own protocol where a service holds the port, and the row says so", async () => {
    const fate = (_: string, port: number) => (port === 389 ? "in-use" : "open");
    const { results, net } = await staged([check("asker", 389, { transport: "udp" })], { fate });
    expect(results[0]).toMatchObject({ outcome: "pass", detail: "it answered; in use by a service there" });
    expect(net.opened).toHaveLength(1);
  });

  it("has only those ports of a range swept that a service holds", async () => {
    const fate = (_: string, port: number) => (port === 5_001 ? "in-use" : "open");
    const { results, jobs } = await staged([range(5_000, 5_002)], { fate });
    expect(jobs.map(portsOfJob)).toEqual([[5_001]]);
    expect(results[0]?.range).toMatchObject({ total: 3, tested: 3 });
    expect(results[0]).toMatchObject({
      verdict: { state: "open" },
      outcome: "pass",
      detail: "3 open (5000-5002), 0 closed, 0 filtered; the responder answered on 2; in use by a service there: 5001",
    });
  });

  it.each([
    ["busy", "another prober's session holds it now"],
    ["not-listed", "it was not started for that"],
    ["not-permitted", "below 1024 it needs CAP_NET_BIND_SERVICE"],
    ["no-resources", "nothing was left to bind it or to ask it with"],
    [
      "elsewhere",
      "it was reached from another address than the control channel's (NAT with several, or several ways out): " +
        "--data-source on both sides names their block",
    ],
  ] as const)("is asked as without one where a port is %s, with a warning", async (fate, why) => {
    const { results } = await staged([check("asker", 88, { transport: "udp" })], { fate: () => fate });
    expect(results[0]).toMatchObject({
      outcome: "pass",
      detail: "it answered",
      warnings: [`the responder did not prove 88: ${why}`],
    });
  });

  it("lets nobody ask a port over the mirror of a flow by which the far end reached us", async () => {
    const why = /every port that it could be asked from mirrors a flow by which it reached us/;
    const fate = (_: string, port: number) => {
      if (port < 5_001) return "mirrored" as const;
      return port === 5_001 ? ("in-use" as const) : ("open" as const);
    };
    const asked = [
      check("asker", 88, { transport: "udp" }),
      range(5_000, 5_002),
      range(5_000, 5_001),
      range(4_000, 4_001),
    ];
    const { results, jobs, net } = await staged(asked, { fate });
    expect([jobs.map(portsOfJob), net.opened]).toEqual([[[5_001], [5_001]], []]);
    expect(results.map(({ outcome, range: seen }) => [outcome, seen?.tested])).toEqual([
      ["skipped", undefined],
      ["skipped", undefined],
      ["inconclusive", 2],
      ["inconclusive", 1],
    ]);
    for (const { warnings } of results) expect(warnings).toContainEqual(expect.stringMatching(why));
    expect(results[0]!.detail).toMatch(why);
  });

  it("proves no row that is asked from an own port: the rule may be about that port", async () => {
    const { results, far } = await staged([check("asker", 137, { transport: "udp", sourcePort: 137 })]);
    expect(far.asked).toEqual([]);
    expect(results[0]?.warnings).toEqual([
      "the responder did not prove 137: the row is asked from an own port, and tokens are not",
    ]);
  });

  it("tells on every row which address of ours it sees", async () => {
    const checks = [check("asker", 88, { transport: "udp" }), check("asker", 89, { transport: "udp" })];
    const { results } = await staged(checks, {
      seenAs: "203.0.113.9",
      fate: (_, port) => (port === 88 ? "open" : "not-listed"),
    });
    expect(results.map((result) => result.check.farEnd?.seenAs)).toEqual(["203.0.113.9", "203.0.113.9"]);
    expect(results[0]?.warnings[0]).toContain("203.0.113.9 to the responder");
  });
});

describe("media ports", () => {
  const media = (over: Parameters<typeof range>[2] = {}) =>
    range(16_384, 16_386, {
      transport: "udp",
      skip: { why: "could disturb a live call", deliberate: false, unlessProven: true },
      row: { profile: "p", service: "RTP", required: false, requiredIfProven: true, media: true },
      ...over,
    });

  it("are asked where the far end holds them, at the full rate, and are required", async () => {
    const { results, far, exitCode } = await staged([media()]);
    expect(results[0]).toMatchObject({ outcome: "pass", required: true, range: { tested: 3 } });
    expect(far.asked.find(({ ports }) => ports.length === 3)?.pace.perSecond).toBe(2_000);
    expect(exitCode).toBe(0);
  });

  it("of which a service holds one are not all asked, and that one is left alone", async () => {
    const fate = (_: string, port: number) => (port === 16_385 ? "in-use" : "open");
    const { results, jobs } = await staged([media()], { fate });
    expect(jobs).toEqual([]);
    expect(results[0]).toMatchObject({
      outcome: "inconclusive",
      detail:
        "2 open (16384,16386), 0 closed, 0 filtered, 1 not asked; the responder answered on 2; " +
        "in use by a service there: 16385",
    });
  });

  it.each(["in-use", "not-listed"] as const)("that are all %s stay held back", async (fate) => {
    const { results, jobs } = await staged([media()], { fate: () => fate });
    expect(jobs).toEqual([]);
    expect(results[0]).toMatchObject({ outcome: "skipped", required: false });
    expect(results[0]?.detail).toMatch(/^could disturb a live call/);
  });

  it("stay held back where there is no session", async () => {
    const none = { failure: "not-authenticated", detail: "tcp/7654: ECONNRESET" } as const;
    const { results, findings } = await staged([media()], {}, { farEnd: async () => none });
    expect(results[0]).toMatchObject({ outcome: "skipped", detail: "could disturb a live call" });
    expect(findings.map(({ text }) => text)).toEqual([
      `the responder at ${TARGET} shares no key or authority with us, or is no responder (tcp/7654: ECONNRESET): ` +
        "the run went on without it, and what only it can decide stays undecided",
    ]);
  });
});

describe("a far end that is lost", () => {
  it("leaves what it proved, and the rest unknown, never filtered", async () => {
    const fate = (_: string, port: number) => (port === 5_000 ? "open" : undefined);
    const checks = [range(5_000, 5_002, { transport: "udp" }), check("asker", 88, { transport: "udp" })];
    const { results, findings, net, exitCode } = await staged(checks, { fate, lost: "it closed the connection" });
    expect(results[0]).toMatchObject({
      verdict: { state: "mixed", reason: "responder-lost" },
      outcome: "error",
      detail:
        "1 open (5000), 0 closed, 0 filtered, 2 unknown (5001-5002); the responder answered on 1; " +
        "the responder was lost before 2 were decided (it closed the connection)",
    });
    expect(results[1]).toMatchObject({ verdict: { state: "unknown", reason: "responder-lost" }, outcome: "error" });
    expect(findings.map(({ text }) => text)).toEqual([
      `the responder at ${TARGET} was lost in the middle (it closed the connection): ` +
        "ports that it had not proven are unknown",
    ]);
    expect([net.opened, exitCode]).toEqual([[], 3]);
  });
});

it("an interrupted run lets the far end go, and says nothing of what was not decided", async () => {
  const clock = new HeldClock();
  const stop = new AbortController();
  clock.at(50, () => stop.abort());
  const far = scriptedFarEnd(clock);
  const report = await stage([range(5_000, 5_002, { transport: "udp" }), check("asker", 88, { transport: "udp" })], {
    ...{ probers, clock, farEnd: far.farEnd, signal: stop.signal },
  });
  expect(far.state.ended).toBe(1);
  expect(report.exitCode).toBe(130);
  expect(report.results.map(({ verdict, detail }) => [verdict, detail])).toEqual([
    [undefined, "interrupted before it ended"],
    [undefined, "interrupted before it ended"],
  ]);
});

it("canaries are never the far end's: they show what others do to us", async () => {
  const canary = range(40_001, 40_003, { purpose: "canary" });
  const { far, jobs } = await staged([canary, check("asker", 88, { transport: "tcp" })]);
  expect(far.asked.map(({ ports }) => [...ports])).toEqual([[88]]);
  expect(jobs.map(portsOfJob)).toEqual([[40_001, 40_002, 40_003]]);
});

it("an endpoint that a service in use announces is not itself called in use", async () => {
  const lead = {
    transport: "tcp",
    port: 5_001,
    prober: "talker",
    params: {},
    service: "RPC",
    why: "announced",
  } as const;
  const mapper = [saying("mapper", { leads: [lead] }), dialogue("talker")];
  const { results } = await staged([check("mapper", 135)], { fate: () => "in-use" }, { probers: mapper });
  expect(results.map(({ detail }) => detail)).toEqual(["it answered; in use by a service there", "it answered"]);
  expect(results[1]?.check.farEnd).toEqual({ local: "192.0.2.200", seenAs: "192.0.2.200" });
});

it("a machine that is asked under two names has one session after the other", async () => {
  const names = { dc01: [TARGET], gc01: [TARGET] };
  const scene = { port: () => answers(), names, resolveMs: 1 };
  const rows = ["dc01", "gc01"].map((host) => check("asker", 88, { transport: "udp", host }));
  const { far } = await staged(rows, {}, { scene });
  expect(far.opened).toEqual([`dc01 ${TARGET}`, `gc01 ${TARGET}`]);
  const [first, second] = far.asked.map(({ atMs }) => atMs);
  expect(second! - first!).toBeGreaterThanOrEqual(100);
});
