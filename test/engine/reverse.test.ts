import { describe, expect, it } from "vitest";
import type { Check } from "../../src/model/check.ts";
import type { PortError } from "../../src/model/far-end.ts";
import { HeldClock } from "./held-clock.ts";
import { type FarEndScript, scriptedFarEnd } from "./scripted-far-end.ts";
import { check, oneshot, range, scriptedSweeper, stage, sweep, TARGET } from "./stage.ts";

const inward = { direction: "in", expect: "path" } as const;

function staged(checks: readonly Check[], script?: FarEndScript) {
  const clock = new HeldClock();
  const far = scriptedFarEnd(clock, script);
  const { sweeper, jobs } = scriptedSweeper(clock, "syn-ack");
  const farEnd = script === undefined ? {} : { farEnd: far.farEnd };
  return stage(checks, { probers: [oneshot("asker"), sweep], clock, sweeper, ...farEnd }).then((report) => ({
    ...report,
    far,
    jobs,
  }));
}

describe("the other direction", () => {
  it("is asked before anything of ours goes out, so that no firewall takes it for a reply", async () => {
    const checks = [
      check("asker", 389, { transport: "tcp" }),
      check("asker", 389, { transport: "tcp", ...inward }),
      range(5_000, 5_001, { transport: "udp", ...inward }),
    ];
    const { far, results } = await staged(checks, {});
    expect(far.asked.map(({ direction, transport, ports, atMs }) => [direction, transport, [...ports], atMs])).toEqual([
      ["in", "tcp", [389], 0],
      ["in", "udp", [5_000, 5_001], 0],
      ["out", "tcp", [389], 100],
    ]);
    expect(results.map(({ detail }) => detail)).toEqual([
      "the way is free: the responder answered on this port; the service itself is not there yet",
      "the way is free: the responder reached this port here",
      "2 open (5000-5001), 0 closed, 0 filtered; the responder reached 2 here",
    ]);
  });

  it("names what did not arrive, and whose reply was lost", async () => {
    const fate = (_: string, port: number) =>
      port === 5_001 ? ("request-lost" as const) : port === 5_002 ? ("reply-lost" as const) : ("open" as const);
    const { results } = await staged([range(5_000, 5_002, { transport: "udp", ...inward })], { fate });
    expect(results[0]).toMatchObject({ outcome: "fail", errorQueue: false });
    expect(results[0]!.detail).toBe(
      "1 open (5000), 0 closed, 2 filtered (5001-5002); the responder reached 1 here; " +
        "to 1 it sent and nothing arrived here; 1 arrived here and our reply was lost: look at the way to the responder",
    );
  });

  it.each([
    ["in-use", "not asked: another program of this machine holds it"],
    ["not-permitted", "not asked: below 1024 this machine needs CAP_NET_BIND_SERVICE to listen"],
    ["not-listed", "not asked: the responder was not started for it"],
    [
      "mirrored",
      "not asked: every port that the responder could send from may mirror an earlier flow, and a stateful firewall " +
        "lets that pass (for five minutes after its start it counts all that it was started for as asked)",
    ],
  ] as const)("is undecided where a port is %s, and never asked by a prober", async (fate, detail) => {
    const asked = [check("asker", 389, inward), range(389, 390, { transport: "udp", ...inward })];
    const { results, net, jobs } = await staged(asked, { fate: () => fate });
    expect(results.map((result) => [result.outcome, result.detail, result.warnings])).toEqual([
      ["skipped", detail, []],
      ["skipped", detail, []],
    ]);
    expect([net.opened, jobs]).toEqual([[], []]);
  });

  it("is undecided for the part of a range that could not be listened on", async () => {
    const fate = (_: string, port: number) => (port === 5_001 ? ("in-use" as const) : ("open" as const));
    const { results, jobs } = await staged([range(5_000, 5_002, { transport: "udp", ...inward })], { fate });
    expect(results[0]).toMatchObject({ outcome: "inconclusive", range: { total: 3, tested: 2 } });
    expect(results[0]!.warnings).toEqual([
      "the responder did not prove 5001: another program of this machine holds it",
    ]);
    expect(jobs).toEqual([]);
  });

  it("names who rejected what the responder sent, and takes its own side's errors for no network's", async () => {
    const router = "198.51.100.1";
    const error = (_: string, port: number): PortError | undefined => {
      if (port === 389) return { code: "EHOSTUNREACH", icmp: { type: 3, code: 13, from: router } };
      if (port === 390) return { code: "ECONNREFUSED" };
      return port === 391 ? { code: "EHOSTUNREACH", icmp: { type: 3, code: 13, from: TARGET } } : undefined;
    };
    const asked = [389, 390, 391].map((port) => check("asker", port, { transport: "tcp", ...inward }));
    const ranged = range(388, 390, { transport: "tcp", ...inward });
    const { results } = await staged([...asked, ranged], { fate: () => "request-lost", error });
    expect(results.map(({ outcome, verdict }) => [outcome, verdict?.state, verdict?.reason])).toEqual([
      ["fail", "filtered", "admin-prohibited"],
      ["fail", "filtered", "conn-refused"],
      ["error", "unknown", "local-egress-blocked"],
      ["fail", "filtered", "no-response"],
    ]);
    expect(results[0]!.verdict?.offender?.from).toBe(router);
    expect(results.map(({ detail }) => detail)).toEqual([
      `filtered: admin-prohibited by ${router} (ICMP type 3 code 13), though we listen on this port: ` +
        "a firewall here or on the way rejects",
      "filtered: connection refused, though we listen on this port: a firewall here or on the way rejects",
      "not sent: the responder's own firewall or routes let nothing out",
      "0 open, 0 closed, 3 filtered (388-390); to 1 it sent and nothing arrived here; " +
        "2 rejected by a firewall, though we listen there",
    ]);
  });

  it("proves nothing behind NAT, and says so", async () => {
    const { results, far } = await staged([check("asker", 389, inward)], { seenAs: "203.0.113.9" });
    expect(far.asked).toEqual([]);
    expect(results[0]!.detail).toBe(
      "not asked: behind NAT (192.0.2.200 is 203.0.113.9 there) the responder cannot send to us",
    );
  });

  it("needs a control channel, by which the far end is told to send", async () => {
    const { results, far } = await staged([check("asker", 389, inward)], { seenAs: null });
    expect([far.asked, results[0]!.outcome]).toEqual([[], "skipped"]);
    expect(results[0]!.detail).toBe("not asked: without a control channel the responder cannot be told to send");
  });

  it("needs a responder", async () => {
    const { results, net, exitCode } = await staged([check("asker", 389, inward)]);
    expect(results[0]).toMatchObject({
      outcome: "skipped",
      detail: "not asked: no responder is named that could send",
    });
    expect(net.opened).toEqual([]);
    expect(exitCode).toBe(3);
  });

  it("is unknown where the far end was lost, and where its own side let nothing out", async () => {
    const lost = await staged([check("asker", 389, inward)], {
      fate: () => undefined,
      lost: "it closed the connection",
    });
    expect(lost.results[0]).toMatchObject({
      outcome: "error",
      verdict: { state: "unknown", reason: "responder-lost" },
    });
    const { results } = await staged([check("asker", 389, inward)], { fate: () => "not-sent" });
    expect(results[0]).toMatchObject({ outcome: "error", verdict: { reason: "local-egress-blocked" } });
    expect(results[0]!.detail).toBe("not sent: the responder's own firewall or routes let nothing out");
  });
});
