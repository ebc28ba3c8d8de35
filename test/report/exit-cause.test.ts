import { describe, expect, it } from "vitest";
import type { CheckResult, RunExitCode } from "../../src/model/result.ts";
import { exitCause } from "../../src/report/exit-cause.ts";
import { DAYTIME, KERBEROS_TCP, KERBEROS_UDP, KPASSWD, LDAPS, MEDIA, NETBIOS, NTP, OFF, SMTP } from "./sample-plan.ts";
import { IPV4, IPV6, result, verdict } from "./sample-results.ts";
import { sampleRun } from "./sample-run.ts";

const SEEN = verdict("open", "syn-ack", "unchecked");

function one(check: CheckResult["check"], outcome: CheckResult["outcome"], more: Partial<CheckResult> = {}) {
  return result(check, IPV4, { outcome, detail: "why", verdict: SEEN, ...more });
}

function causeOf(exitCode: RunExitCode, results: readonly CheckResult[]): string {
  return exitCause({ ...sampleRun(), results, exitCode });
}

describe("the cause of an exit code", () => {
  it("is that everything passes", () => {
    expect(causeOf(0, [one(KERBEROS_TCP, "pass")])).toBe("every required row passes");
  });

  it("names what failed, and nothing that is not required", () => {
    const results = [one(KERBEROS_TCP, "pass"), one(KERBEROS_UDP, "fail"), one(NETBIOS, "fail")];
    expect(causeOf(1, results)).toBe("failed: udp/88 Kerberos");
  });

  it("lists a few names and counts the rest", () => {
    const results = [KERBEROS_TCP, KERBEROS_UDP, KPASSWD, LDAPS, SMTP].map((check) => one(check, "fail"));
    expect(causeOf(1, results)).toMatch(/^failed: tcp\/88 Kerberos, .*, tcp\/636 LDAP over SSL and 1 more$/);
  });

  it("names the addresses where a row does not fail on all of them", () => {
    const passed = result(KERBEROS_UDP, IPV6, { outcome: "pass", detail: "", verdict: SEEN });
    expect(causeOf(1, [one(KERBEROS_UDP, "fail"), passed])).toBe(`failed: udp/88 Kerberos on ${IPV4}`);
  });

  it("tells inconclusive, error and skipped apart, with the reason where there is one", () => {
    const results = [
      one(KERBEROS_TCP, "pass"),
      one(KERBEROS_UDP, "inconclusive"),
      one(SMTP, "error"),
      skipped(MEDIA, false),
    ];
    expect(causeOf(3, results)).toBe(
      "undecided: udp/88 Kerberos inconclusive; tcp/25 Mail to the postmaster of the site in error: why; " +
        "udp/22800-32767 RTP skipped: why",
    );
  });

  it("does not blame what the user switched off", () => {
    const results = [one(KERBEROS_TCP, "pass"), one(KERBEROS_UDP, "inconclusive"), skipped(OFF, true)];
    expect(causeOf(3, results)).toBe("undecided: udp/88 Kerberos inconclusive");
  });

  it("names a group of which nobody passes", () => {
    const results = [one(KERBEROS_TCP, "pass"), one(NTP, "fail"), one(DAYTIME, "inconclusive")];
    expect(causeOf(3, results)).toBe(`undecided: no member of the group time on ${IPV4} passes`);
    expect(causeOf(0, [one(NTP, "fail"), one(DAYTIME, "pass")])).toBe("every required row passes");
  });

  it("says when nothing in a profile passed", () => {
    const { verdict: _verdict, ...unsent } = one(NETBIOS, "inconclusive");
    expect(causeOf(3, [unsent])).toBe("undecided: nothing in failover-secondary passed");
  });

  it("counts what an interrupted run left open", () => {
    const { verdict: _verdict, ...unsent } = one(KERBEROS_UDP, "skipped");
    expect(causeOf(130, [one(KERBEROS_TCP, "pass"), unsent])).toBe("interrupted: 1 of 2 checks have no result");
  });
});

function skipped(check: CheckResult["check"], deliberate: boolean): CheckResult {
  const { verdict: _verdict, ...unsent } = one(check, "skipped", { skipped: { why: "why", deliberate } });
  return unsent;
}
