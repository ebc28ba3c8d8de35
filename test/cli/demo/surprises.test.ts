import { describe, expect, it } from "vitest";
import { FAULTS, surprisesIn } from "../../../src/cli/demo/faults.ts";
import { onePort } from "../../../src/model/ports.ts";
import type { CheckResult, RangeSeen } from "../../../src/model/result.ts";
import type { Outcome, Reason } from "../../../src/model/words.ts";

function result(id: string, outcome: Outcome, reason: Reason, more: Partial<CheckResult> = {}): CheckResult {
  return {
    check: {
      id,
      row: { profile: "p", service: "S", required: true },
      host: "h",
      transport: "tcp",
      ports: [onePort(1)],
      portsText: "1",
      direction: "out",
      prober: "p",
      params: {},
      expect: "service",
      silence: "fail",
      purpose: "row",
    },
    verdict: { state: "open", reason, service: "confirmed" },
    observations: [],
    attempts: 1,
    errorQueue: false,
    durationMs: 1,
    timeoutMs: 1,
    warnings: [],
    outcome,
    required: true,
    detail: "",
    ...more,
  };
}

const RANGE: RangeSeen = { total: 1, tested: 1, groups: [] };
const asPromised = [
  ...Object.entries(FAULTS).map(([id, { reason }]) => result(id, "fail", reason)),
  result("ldap/tcp/389", "pass", "protocol-reply"),
  result("netbios-datagram/udp/138", "inconclusive", "no-response"),
  result("dcom-rpc/tcp/5000-5020", "inconclusive", "conn-refused", { range: RANGE }),
];
const [fault] = Object.keys(FAULTS) as [string];

const without = (id: string) => asPromised.filter(({ check }) => check.id !== id);

describe("the demo's own judgement", () => {
  it("has nothing to say when the run shows what was promised", () => {
    expect(surprisesIn(asPromised)).toEqual([]);
  });

  it.each<readonly [string, readonly CheckResult[], string]>([
    ["a fault that was not asked", without(fault), `${fault}: was not asked`],
    ["a fault that passed", [...without(fault), result(fault, "pass", "protocol-reply")], `${fault}: fail (`],
    [
      "a fault for another reason",
      [...without(fault), result(fault, "fail", "host-unreach")],
      "seen was fail (host-unreach)",
    ],
    ["another failure", [...without("ldap/tcp/389"), result("ldap/tcp/389", "fail", "mismatch")], "ldap/tcp/389: pass"],
    ["an undecided row", [...asPromised, result("smb/tcp/445", "inconclusive", "no-response")], "smb/tcp/445: pass"],
    [
      "a doubted range although the error queue is at hand",
      [...asPromised, result("x/tcp/1-2", "inconclusive", "conn-refused", { range: RANGE, errorQueue: true })],
      "x/tcp/1-2: pass",
    ],
  ])("tells of %s", (_, results, words) => {
    expect(surprisesIn(results)).toEqual([expect.stringContaining(words)]);
  });
});
