import { describe, expect, it } from "vitest";
import type { World } from "../../src/model/prober.ts";
import { estimatePlan, type Pace } from "../../src/profile/estimate.ts";
import { expandPlan } from "../../src/profile/expand.ts";
import { options, profileOf } from "./fixtures.ts";
import { heads } from "./heads.ts";

const pace: Pace = {
  checksPerHost: 16,
  concurrency: 100,
  canaryAttempts: 1,
  tokensPerS: 2000,
  sweep: {
    tcp: { attempts: 2, asksPerS: 2000, replyTimeoutMs: 3000 },
    udp: { attempts: 3, asksPerS: 1, replyTimeoutMs: 1000 },
  },
};

const world: World = {
  monotonicMs: () => 0,
  wallMs: () => 0,
  sleep: async () => {},
  randomBytes: (length) => new Uint8Array(length).fill(1),
  secret: () => undefined,
};

const estimate = (rows: readonly string[], more: Partial<Pace> = {}, hosts = ["dc01"]) =>
  estimatePlan(expandPlan([profileOf(rows)], options({ hosts })), heads, world, { ...pace, ...more });

const ntp = "{service: NTP, ports: [udp/123], prober: ntp}";
const range = "{service: RPC, ports: [udp/5000-5020], prober: port-sweep, expect: path}";

describe("the cost of a check", () => {
  it("is all sends of a UDP transaction, and its give-up time", () => {
    expect(estimate([ntp]).checks).toEqual([{ packets: 3, bytes: 144, worstMs: 6000 }]);
  });

  it("is one request and one connection over TCP, which resends by itself", () => {
    const kerberos = "{service: Kerberos, ports: [tcp/88], prober: kerberos}";
    expect(estimate([kerberos]).checks[0]).toEqual({ packets: 2, bytes: 200, worstMs: 6000 });
  });

  it("is what a dialogue says of itself", () => {
    const ldap = "{service: LDAP, ports: [tcp/389], prober: ldap-bind}";
    expect(estimate([ldap]).checks[0]).toEqual({ packets: 4, bytes: 400, worstMs: 10_000 });
  });

  it("is what a conversation over TCP says of itself, and all sends over UDP", () => {
    const stun = "{service: STUN, ports: [tcp/3478, udp/3478], prober: stun}";
    expect(estimate([stun]).checks.slice(0, 2)).toEqual([
      { packets: 6, bytes: 500, worstMs: 15_000 },
      { packets: 3, bytes: 600, worstMs: 6000 },
    ]);
  });

  it("is tokens where a far end is to prove the row, at the run's own rate", () => {
    const plan = expandPlan([profileOf([range, range.replace("udp/", "tcp/"), ntp])], options({ hosts: ["dc01"] }));
    const checks = plan.checks.map((check) => ({ ...check, farEnd: {} }));
    const { checks: estimates } = estimatePlan({ ...plan, checks }, heads, world, pace);
    expect(estimates.slice(0, 3)).toEqual([
      { packets: 63, bytes: 2016, worstMs: 1032 },
      { packets: 42, bytes: 672, worstMs: 3021 },
      { packets: 3, bytes: 96, worstMs: 1002 },
    ]);
  });

  it("is each port of a range as often as it is asked, at the slowest pace", () => {
    expect(estimate([range]).checks).toEqual([{ packets: 63, bytes: 252, worstMs: 24_000 }]);
    const tcp = range.replace("udp/", "tcp/");
    expect(estimate([tcp]).checks).toEqual([
      { packets: 42, bytes: 0, worstMs: 6021 },
      { packets: 3, bytes: 0, worstMs: 3002 },
    ]);
  });

  it("follows the user's own time-out and attempts", () => {
    expect(estimate([ntp, range], { timeoutMs: 500, attempts: 1 }).checks).toEqual([
      { packets: 1, bytes: 48, worstMs: 500 },
      { packets: 21, bytes: 84, worstMs: 21_500 },
    ]);
  });

  it("is that of a sample where a range is long, or as the user wants it", () => {
    const media = "{service: RTP, ports: [udp/22800-32767], prober: port-sweep, expect: path}";
    expect(estimate([media]).checks).toEqual([{ packets: 93, bytes: 372, worstMs: 34_000, sample: 31 }]);
    expect(estimate([media], { sample: 300 }).checks[0]).toMatchObject({ packets: 900, worstMs: 303_000, sample: 300 });
    expect(estimate([media], { sample: "all" }).checks).toEqual([
      { packets: 29_904, bytes: 119_616, worstMs: 9_971_000 },
    ]);
    expect(estimate([media.replace("udp/", "tcp/")]).checks[0]).toMatchObject({ packets: 610, sample: 305 });
    expect(estimate([range], { sample: 10 }).checks[0]).toMatchObject({ packets: 30, sample: 10 });
  });

  it("is nothing where nothing is sent", () => {
    const lost = "{service: Lost, ports: [udp/$lost], prober: ntp}";
    const profile = profileOf([lost], "variables: {lost: {about: lost}}\n");
    expect(estimatePlan(expandPlan([profile], options()), heads, world, pace)).toEqual({
      checks: [undefined],
      total: { packets: 0, bytes: 0, worstMs: 0 },
    });
  });
});

describe("the cost of a plan", () => {
  it("adds up packets and bytes", () => {
    expect(estimate([ntp, range], {}, ["dc01", "dc02"]).total).toMatchObject({ packets: 132, bytes: 792 });
  });

  it("takes hosts side by side, ranges after single ports", () => {
    const two = estimate([ntp, range], {}, ["dc01", "dc02"]).total.worstMs;
    expect(two).toBe(estimate([ntp, range]).total.worstMs);
    expect(two).toBe(6000 + 6000 / 16 + 24_000);
  });

  it("takes what shares an own port one after the other, over all hosts", () => {
    const own = ntp.replace("}", ", source-port: 123}");
    expect(estimate([own], {}, ["dc01", "dc02", "dc03"]).total.worstMs).toBeGreaterThanOrEqual(18_000);
  });

  it("grows when the run has fewer slots than its hosts could use", () => {
    expect(estimate([ntp], { concurrency: 1 }, ["dc01", "dc02"]).total.worstMs).toBeGreaterThanOrEqual(12_000);
  });
});
