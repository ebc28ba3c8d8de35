import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/model/check.ts";
import type { PortGroup, TlsSeen } from "../../src/model/observation.ts";
import { onePort } from "../../src/model/ports.ts";
import type { CheckSeen } from "../../src/model/result.ts";
import { settle } from "../../src/verdict/settle.ts";
import {
  ANSWERED,
  type CheckOver,
  check,
  observed,
  ROUTER,
  ranged,
  seen,
  TARGET,
  udp,
  unconnected,
} from "./support.ts";

const PLAN: Plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [] };
const NOW_MS = Date.UTC(2026, 10, 21, 6, 30);
const OPTIONS = { anyAddress: false, strict: false, wallMs: NOW_MS, interrupted: false };

function settled(all: readonly CheckSeen[], options: Partial<typeof OPTIONS> = {}) {
  const result = settle(PLAN, all, { ...OPTIONS, ...options });
  return { ...result, outcomes: result.results.map(({ outcome }) => outcome) };
}

const row = (id: string, over: CheckOver = {}) => check({ id, ...over });
const passing = (of = row("pass")) => seen({ check: of, reading: ANSWERED });
const refusing = (of = row("closed")) => seen({ check: of, observation: unconnected({ code: "ECONNREFUSED" }) });
const silentTcp = (of: ReturnType<typeof row>) => seen({ check: of, observation: unconnected() });
const rejected = (of: ReturnType<typeof row>) =>
  seen({ check: of, observation: unconnected({ code: "EHOSTUNREACH", icmp: { type: 3, code: 13, from: ROUTER } }) });

describe("exit code", () => {
  it("is 0 when every required row passes", () => {
    expect(settled([passing()]).exitCode).toBe(0);
  });

  it("is 1 when a required row fails, and stays so beside an inconclusive one", () => {
    const unsure = seen({ check: row("unsure", { silence: "inconclusive" }) });
    expect(settled([passing(), refusing(), unsure]).exitCode).toBe(1);
  });

  it("is 3 when a required row is inconclusive or in error", () => {
    expect(settled([passing(), seen({ check: row("unsure", { silence: "inconclusive" }) })]).exitCode).toBe(3);
    expect(settled([passing(), seen({ observation: unconnected({ code: "EMFILE" }) })]).exitCode).toBe(3);
  });

  it("is 3 when nothing in a profile passed, though nothing was required", () => {
    const optional = row("o", { row: { required: false }, silence: "inconclusive" });
    expect(settled([seen({ check: optional })]).exitCode).toBe(3);
  });

  it("does not count a row that somebody switched off, but counts one that could not be asked", () => {
    const off = (deliberate: boolean): CheckSeen => {
      const { verdict: _verdict, ...rest } = seen({ check: row("off"), observations: [] });
      return { ...rest, skipped: { why: "left out", deliberate } };
    };
    expect(settled([passing(), off(true)]).exitCode).toBe(0);
    expect(settled([passing(), off(false)]).exitCode).toBe(3);
    // Left out by the address alone, nothing was asked after all.
    expect(settled([off(true)]).exitCode).toBe(3);
    const planned = { ...off(true), check: row("off", { skip: { why: "left out", deliberate: true } }) };
    expect(settled([planned]).exitCode).toBe(0);
  });

  it("is 130 when the run was interrupted", () => {
    expect(settled([passing()], { interrupted: true }).exitCode).toBe(130);
  });

  it("is not moved by a row that is not required, unless an ICMP error proves it filtered", () => {
    const optional = row("o", { row: { required: false } });
    expect(settled([passing(), refusing(optional)]).exitCode).toBe(0);
    expect(settled([passing(), seen({ check: { ...optional, transport: "udp" }, observation: udp() })]).exitCode).toBe(
      0,
    );
    expect(settled([passing(), rejected(optional)]).exitCode).toBe(1);
  });

  it("requires optional rows under --strict", () => {
    expect(settled([passing(), refusing(row("o", { row: { required: false } }))], { strict: true }).exitCode).toBe(1);
  });
});

describe("any-of groups", () => {
  const member = (id: string) => row(id, { row: { group: "sip" } });

  it("pass when one member passes, and count once", () => {
    const { exitCode, summary, results } = settled([passing(member("a")), refusing(member("b"))]);
    expect(exitCode).toBe(0);
    expect(summary).toMatchObject({ pass: 1, fail: 0 });
    expect(results.every(({ required }) => !required)).toBe(true);
  });

  it("are undecided when a member is, else fail", () => {
    expect(
      settled([passing(), refusing(member("a")), seen({ check: { ...member("b"), silence: "inconclusive" } })])
        .exitCode,
    ).toBe(3);
    expect(settled([passing(), refusing(member("a")), refusing(member("b"))]).exitCode).toBe(1);
  });

  it("fail when no member passed and one is provably filtered", () => {
    const unsure = seen({ check: { ...member("b"), silence: "inconclusive" } });
    expect(settled([passing(), rejected(member("a")), unsure]).exitCode).toBe(1);
    expect(settled([passing(), rejected(member("a")), passing(member("b"))]).exitCode).toBe(0);
  });
});

describe("controls", () => {
  const path = row("path", { expect: "path" });

  it("TCP silence under path fails only where the same host refused another port", () => {
    expect(settled([passing(), silentTcp(path)]).outcomes[1]).toBe("inconclusive");
    expect(settled([refusing(), silentTcp(path)]).outcomes[1]).toBe("fail");
    const elsewhere = refusing(row("closed", { address: "192.0.2.99" }));
    expect(settled([elsewhere, silentTcp(path)]).outcomes[1]).toBe("inconclusive");
  });

  it("a doubted refusal is no control", () => {
    const doubted = seen({
      check: row("closed"),
      observation: unconnected({ code: "ECONNREFUSED", errorQueue: false }),
    });
    expect(settled([doubted, silentTcp(path)]).outcomes[1]).toBe("inconclusive");
  });

  it("blocked passes only with proof that the host could be reached", () => {
    const blocked = row("blocked", { expect: "blocked" });
    expect(settled([rejected(blocked)]).outcomes).toEqual(["inconclusive"]);
    expect(settled([passing(), rejected(blocked)]).outcomes).toEqual(["pass", "pass"]);
  });
});

describe("the lying-network guard", () => {
  const canaryCheck = row("canary/tcp", {
    purpose: "canary",
    expect: "path",
    ports: [2000, 3000, 4000].map(onePort),
    row: { required: false },
  });
  const canary = (groups: readonly PortGroup[]) => ranged(groups, { check: canaryCheck });
  const lying = canary([{ state: "open", reason: "syn-ack", ports: [2000, 3000, 4000] }]);
  const quiet = canary([
    { state: "open", reason: "syn-ack", ports: [2000, 3000] },
    { state: "closed", reason: "conn-refused", ports: [4000] },
  ]);
  const accepting = seen({ check: row("accept", { expect: "accept" }) });

  it("makes plain accepts inconclusive where all three canaries accept, and says so", () => {
    const { outcomes, findings } = settled([accepting, passing(), lying]);
    expect(outcomes.slice(0, 2)).toEqual(["inconclusive", "pass"]);
    expect(findings).toHaveLength(1);
    expect(findings[0]!.text).toContain(TARGET);
  });

  it("stays silent when one canary is refused", () => {
    const { outcomes, findings } = settled([accepting, quiet]);
    expect(outcomes[0]).toBe("pass");
    expect(findings).toEqual([]);
  });

  it("makes the open ports of a range unreliable as well", () => {
    const range = ranged([{ state: "open", reason: "syn-ack", ports: [5000, 5001] }], {
      check: row("range", { expect: "path", ports: [{ first: 5000, last: 5001, step: 1 }] }),
    });
    expect(settled([range, lying]).results[0]).toMatchObject({
      outcome: "inconclusive",
      verdict: { reason: "accept-unreliable" },
    });
  });

  it("counts the canary in neither tally", () => {
    const { summary, optional } = settled([passing(), quiet]);
    expect([summary, optional].map((tally) => Object.values(tally).reduce((a, b) => a + b, 0))).toEqual([1, 0]);
  });
});

describe("ranges", () => {
  const range = (groups: readonly PortGroup[], errorQueue = true) =>
    ranged(groups, { check: row("range", { expect: "path" }), errorQueue });
  const open: PortGroup = { state: "open", reason: "syn-ack", ports: [1] };
  const closed: PortGroup = { state: "closed", reason: "conn-refused", ports: [2] };
  const blocked: PortGroup = {
    state: "filtered",
    reason: "admin-prohibited",
    offender: { type: 3, code: 13, from: ROUTER },
    ports: [3],
  };

  it("have the state that their ports share, else mixed", () => {
    expect(settled([range([open])]).results[0]!.verdict!.state).toBe("open");
    expect(settled([range([open, closed])]).results[0]!.verdict!.state).toBe("mixed");
  });

  it("fail when one port fails, whatever the others do", () => {
    expect(settled([range([open, closed])]).outcomes).toEqual(["pass"]);
    expect(settled([range([open, closed, blocked])]).outcomes).toEqual(["fail"]);
  });

  it("are inconclusive by a single doubted port, and warn", () => {
    const { results } = settled([range([open, closed], false)]);
    expect(results[0]!.outcome).toBe("inconclusive");
    expect(results[0]!.warnings.join()).toMatch(/firewall's reject/);
  });
});

describe("TLS", () => {
  const tls = (over: Partial<TlsSeen> = {}): TlsSeen => ({
    version: "TLSv1.3",
    serverName: "dc01",
    nameMatches: true,
    chain: [{ subject: "CN=dc01", names: ["dc01"], notBefore: day(-9), notAfter: day(-2) }],
    ...over,
  });
  const day = (days: number) => new Date(NOW_MS + days * 86_400_000).toISOString();
  const wish = (strict: boolean, over: CheckOver = {}) => check({ tls: { serverName: "dc01", strict }, ...over });
  const expired = "the certificate expired 2 days ago (2026-11-19)";
  const asked = (of: ReturnType<typeof check>, over: Partial<CheckSeen> = {}, shown: TlsSeen | undefined = tls()) =>
    settled([seen({ check: of, observation: observed(shown === undefined ? {} : { tls: shown }), ...over })])
      .results[0]!;

  it("with a bad certificate is a warning, and the outcome stands", () => {
    expect(asked(wish(false), { reading: ANSWERED })).toMatchObject({
      outcome: "pass",
      detail: "it answered",
      warnings: [expired],
    });
    expect(asked(wish(false))).toMatchObject({ outcome: "fail", warnings: [expired] });
  });

  it("with a bad certificate fails a strict row, and says why first", () => {
    expect(asked(wish(true), { reading: ANSWERED })).toMatchObject({
      outcome: "fail",
      detail: `strict TLS: ${expired}; it answered`,
      warnings: [],
    });
    expect(asked(wish(true, { silence: "inconclusive" }))).toMatchObject({
      outcome: "fail",
      detail: `strict TLS: ${expired}; accepts, but gave no answer in 5 s`,
    });
  });

  it("with a good certificate fails nothing", () => {
    const good = tls({ chain: [{ notBefore: day(-9), notAfter: day(99) }] });
    expect(asked(wish(true), { reading: ANSWERED }, good)).toMatchObject({ outcome: "pass", warnings: [] });
  });

  it.each(["path", "accept"] as const)("has no say where a row expects no more than %s", (expectation) => {
    const result = asked(wish(true, { expect: expectation }), { reading: ANSWERED });
    expect(result).toMatchObject({ outcome: "pass", warnings: [expired] });
  });

  it("that a row wants and the service answered without is told, and fails a strict row", () => {
    const without = (strict: boolean) => settled([seen({ check: wish(strict), reading: ANSWERED })]).results[0]!;
    expect(without(false)).toMatchObject({ outcome: "pass", warnings: ["the service answered without TLS"] });
    expect(without(true)).toMatchObject({ outcome: "fail", warnings: [] });
  });

  it("that never came about has no certificate to complain of", () => {
    const alert = (strict: boolean) => asked(wish(strict), {}, { alert: 116, chain: [] });
    expect(alert(false)).toMatchObject({ outcome: "pass", warnings: [] });
    expect(alert(true)).toMatchObject({
      outcome: "inconclusive",
      detail: expect.stringMatching(/^strict TLS: the certificate was not seen; TLS proven/),
      warnings: [],
    });
  });

  it.each([
    [116, "tls", "pass", "TLS proven, inner protocol not asked: the peer wants a client certificate (alert 116)"],
    [70, "tls", "inconclusive", "TLS answers, and refuses our handshake (alert 70): the service was not asked"],
    [80, "exchange", "fail", "TLS works, but the peer ended it instead of answering (alert 80)"],
  ] as const)("that ends with alert %i in the phase %s is %s", (alert, phase, outcome, detail) => {
    const observation = observed({ phase, tls: { alert, chain: [] }, firstBytes: Uint8Array.of(22, 3, 3) });
    expect(settled([seen({ check: wish(false), observation })]).results[0]).toMatchObject({ outcome, detail });
  });

  it("that answers where the row speaks in clear is named", () => {
    const reading = { service: "mismatch", detail: "something answers, but not LDAP", evidence: {} } as const;
    const bytes = (...firstBytes: number[]) =>
      settled([seen({ reading, observation: observed({ firstBytes: Uint8Array.from(firstBytes) }) })]).results[0]!
        .detail;
    expect(bytes(0x15, 3, 3, 0, 2, 2, 70)).toBe("something answers, but not LDAP; it speaks TLS, and the row does not");
    expect(bytes(0x15, 4, 3, 0)).toBe("something answers, but not LDAP; it begins with 15 04 03 00");
    expect(bytes()).toBe("something answers, but not LDAP");
  });

  it("of a row that speaks it unasked is a warning too", () => {
    expect(asked(check(), { reading: ANSWERED })).toMatchObject({ outcome: "pass", warnings: [expired] });
  });
});
