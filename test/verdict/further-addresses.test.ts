/** Rule 2: an ICMP error from a further address of the target is the target's own word. */
import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/model/words.ts";
import { rangeOf } from "../../src/verdict/range.ts";
import { settle } from "../../src/verdict/settle.ts";
import { judge } from "../../src/verdict/state.ts";
import { check, ROUTER, TARGET, udp } from "./support.ts";

const SECOND = "192.0.2.11";
const portUnreachable = (from: string) => ({ type: 3, code: 3, from });

describe("a port-unreachable over UDP", () => {
  it.each([
    [TARGET, [], "closed"],
    [SECOND, [], "filtered"],
    [SECOND, [SECOND], "closed"],
    [ROUTER, [SECOND], "filtered"],
  ])("from %s, further addresses %j: %s", (from, further, state) => {
    const icmp = portUnreachable(from);
    expect(judge([udp({ code: "ECONNREFUSED", icmp })], undefined, further).state).toBe(state);
    const sweep = {
      codes: Uint8Array.of(REASONS.indexOf("port-unreach") + 1),
      offenderOf: Uint16Array.of(1),
      offenders: [icmp],
      errorQueue: true,
      sent: 1,
    };
    const row = check({ transport: "udp", addresses: further });
    expect(rangeOf(row, Uint16Array.of(5000), sweep).groups.map((group) => group.state)).toEqual([state]);
  });
});

it("over TCP an ICMP error is filtered, whoever sent it", () => {
  const seen = { ...udp({ code: "ECONNREFUSED", icmp: portUnreachable(SECOND) }) };
  const tcp = { ...seen, remote: { ...seen.remote, transport: "tcp" as const } };
  expect(judge([tcp], undefined, [SECOND]).state).toBe("filtered");
});

it("warnings of the row itself stand with the result", () => {
  const one = check({ row: { warnings: ["dcom-range has 5 ports"] } });
  const plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [one] };
  const seen = {
    check: one,
    verdict: { state: "open", reason: "protocol-reply", service: "confirmed" } as const,
    observations: [],
    attempts: 1,
    errorQueue: true,
    durationMs: 1,
    timeoutMs: 1,
    warnings: [],
  };
  const options = { anyAddress: false, strict: false, wallMs: 0, interrupted: false };
  expect(settle(plan, [seen], options).results[0]?.warnings).toEqual(["dcom-range has 5 ports"]);
});
