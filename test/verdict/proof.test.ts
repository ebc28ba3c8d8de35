import { describe, expect, it } from "vitest";
import type { Fate, PortError } from "../../src/model/far-end.ts";
import type { Icmp } from "../../src/model/observation.ts";
import { outcomeOf } from "../../src/verdict/outcome.ts";
import { groupsOfProof, isProven } from "../../src/verdict/proof.ts";
import { settle } from "../../src/verdict/settle.ts";
import { type CheckOver, check, OWN, ROUTER, ranged, seen, TARGET } from "./support.ts";

function proof(fates: Readonly<Record<number, Fate>>, errors: Readonly<Record<number, PortError>> = {}) {
  const numbered = <T>(of: Readonly<Record<number, T>>) =>
    new Map(Object.entries(of).map(([port, value]) => [Number(port), value]));
  return { fates: numbered(fates), errors: numbered(errors) };
}

const icmp = (from: string, code: number): Icmp => ({ type: 3, code, from });
const udp = { transport: "udp", address: TARGET, local: OWN } as const;
const tcp = { transport: "tcp", address: TARGET, local: OWN } as const;

describe("a port that the far end held", () => {
  it.each([
    ["open", undefined, { state: "open", reason: "responder-receipt" }],
    ["request-lost", undefined, { state: "filtered", reason: "no-response", lost: "request" }],
    ["reply-lost", undefined, { state: "filtered", reason: "no-response", lost: "reply" }],
    ["not-sent", undefined, { state: "unknown", reason: "local-egress-blocked" }],
    ["not-sent", { code: "EPERM" }, { state: "unknown", reason: "local-egress-blocked" }],
    ["not-sent", { code: "ENETUNREACH" }, { state: "unknown", reason: "no-route" }],
    [undefined, undefined, { state: "unknown", reason: "responder-lost" }],
  ] as const)("%s, %j", (fate, error, group) => {
    const known = proof(fate === undefined ? {} : { 88: fate }, error === undefined ? {} : { 88: error });
    expect(groupsOfProof(udp, [88], known)).toEqual({ groups: [{ ...group, ports: [88] }], left: [] });
  });

  it.each([
    ["the target's own port-unreachable", udp, icmp(TARGET, 3), "filtered", "port-unreach"],
    ["a router's prohibition", udp, icmp(ROUTER, 13), "filtered", "admin-prohibited"],
    ["nobody answered for the target's address", tcp, icmp(OWN, 1), "filtered", "host-unreach"],
    ["our own host's rejection", tcp, icmp(OWN, 13), "unknown", "local-egress-blocked"],
  ] as const)("is never closed by an ICMP error: %s", (_, ends, offender, state, reason) => {
    const { groups } = groupsOfProof(ends, [88], proof({ 88: "request-lost" }, { 88: { code: "E", icmp: offender } }));
    expect(groups).toEqual([
      {
        ...{ state, reason, ports: [88] },
        ...(state === "filtered" && { lost: "request", offender }),
      },
    ]);
  });

  it("is never closed by a reset, and an error that nobody knows is silence", () => {
    const errors = { 88: { code: "ECONNREFUSED" }, 89: { code: "EWHATEVER" } };
    const { groups } = groupsOfProof(tcp, [88, 89], proof({ 88: "request-lost", 89: "request-lost" }, errors));
    expect(groups.map(({ state, reason }) => [state, reason])).toEqual([
      ["filtered", "conn-refused"],
      ["filtered", "no-response"],
    ]);
  });

  it("is filtered where something on the way took the request for itself, unless an error says more", () => {
    const lost = { state: "filtered", reason: "no-response", lost: "request" } as const;
    const fates = { 88: "request-lost", 89: "request-lost", 90: "reply-lost", 91: "open" } as const;
    const known = { ...proof(fates, { 89: { code: "ECONNREFUSED" } }), intercepted: new Set([88, 89, 90, 91]) };
    expect(groupsOfProof(tcp, [88, 89, 90, 91], known).groups).toEqual([
      { ...lost, intercepted: true, ports: [88] },
      { ...lost, reason: "conn-refused", ports: [89] },
      { ...lost, lost: "reply", ports: [90] },
      { state: "open", reason: "responder-receipt", ports: [91] },
    ]);
  });

  it("is open when it answered after an error", () => {
    const { groups } = groupsOfProof(udp, [88], proof({ 88: "open" }, { 88: { code: "ECONNREFUSED" } }));
    expect(groups).toEqual([{ state: "open", reason: "responder-receipt", ports: [88] }]);
  });
});

it("ports that the far end did not hold are left to others", () => {
  const refused = { 2: "in-use", 3: "busy", 4: "not-listed", 5: "not-permitted", 6: "no-resources" } as const;
  const fates = { 1: "open", ...refused, 7: "mirrored", 8: "silent" } as const;
  const { groups, left } = groupsOfProof(udp, [1, 2, 3, 4, 5, 6, 7, 8], proof(fates));
  expect([groups.flatMap(({ ports }) => ports), left]).toEqual([[1], [2, 3, 4, 5, 6, 7, 8]]);
});

const NO_CONTROLS = { refused: false, reached: false };
const LOST = { state: "filtered", reason: "no-response", service: "unchecked" } as const;
const RECEIPT = { state: "open", reason: "responder-receipt", service: "unchecked" } as const;

describe("the outcome of what a far end proved", () => {
  it.each([
    [RECEIPT, { service: "inconclusive", accept: "inconclusive", path: "pass", blocked: "fail" }],
    [
      { ...LOST, lost: "request" },
      { service: "fail", accept: "fail", path: "fail", blocked: "pass" },
    ],
    // What must not get through has got through when only the reply is lost.
    [
      { ...LOST, lost: "reply" },
      { service: "fail", accept: "fail", path: "fail", blocked: "fail" },
    ],
  ] as const)("%j", (verdict, outcomes) => {
    for (const transport of ["tcp", "udp"] as const) {
      const of = (expect: keyof typeof outcomes) =>
        outcomeOf(verdict, { expect, silence: "inconclusive", transport }, NO_CONTROLS);
      const found = { service: of("service"), accept: of("accept"), path: of("path"), blocked: of("blocked") };
      expect(found).toEqual(outcomes);
    }
  });
});

const PLAN = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [] };
const OPTIONS = { anyAddress: false, strict: false, wallMs: 0, interrupted: false };
const told = (over: CheckOver = {}) => check({ expect: "path", ...over });

describe("what is said of it", () => {
  const detail = (verdict: NonNullable<Parameters<typeof seen>[0]>["verdict"], over: CheckOver = {}) =>
    settle(PLAN, [seen({ check: told(over), observations: [], ...(verdict && { verdict }) })], OPTIONS).results[0];

  it.each([
    [RECEIPT, "path", "the way is free: the responder answered on this port"],
    [RECEIPT, "service", "the way is free: the responder answered on this port; the service itself is not there yet"],
    [RECEIPT, "accept", "the way is free: the responder answered on this port; the service itself is not there yet"],
    [{ ...LOST, lost: "request" }, "path", "filtered: the responder listens on this port, and nothing arrived there"],
    [{ ...LOST, lost: "reply" }, "path", "filtered: arrived, the reply was lost: look at the return path"],
    [
      { ...LOST, lost: "request", reason: "conn-refused" },
      "path",
      "filtered: connection refused, though the responder listens on this port: a firewall there or on the way rejects",
    ],
    [
      { ...LOST, lost: "request", reason: "admin-prohibited", offender: icmp(ROUTER, 13) },
      "path",
      `filtered: admin-prohibited by ${ROUTER} (ICMP type 3 code 13), though the responder listens on this port: ` +
        "a firewall there or on the way rejects",
    ],
    [
      { ...LOST, lost: "request", reason: "port-unreach", offender: icmp(ROUTER, 3) },
      "path",
      `filtered: port-unreachable by ${ROUTER} (ICMP type 3 code 3), though the responder listens on this port: ` +
        "a firewall there or on the way rejects",
    ],
  ] as const)("%j under %s", (verdict, expect_, text) => {
    expect(detail(verdict, { expect: expect_ })?.detail).toBe(text);
  });

  it("a responder that was lost is an error, and says why", () => {
    const lost = { state: "unknown", reason: "responder-lost", service: "unchecked" } as const;
    expect(detail(lost, { farEnd: { lost: "it closed the connection" } })).toMatchObject({
      outcome: "error",
      detail: "not decided: the responder was lost before (it closed the connection)",
    });
  });

  it("a range says how much was lost which way, and who has a port in use", () => {
    const groups = [
      { ...RECEIPT, ports: [1, 2] },
      { ...LOST, lost: "request", ports: [3] },
      { ...LOST, lost: "reply", ports: [4, 5] },
      { state: "open", reason: "syn-ack", ports: [6] },
    ] as const;
    const ports = [{ first: 1, last: 6, step: 1 }] as const;
    const farEnd = { unproven: { "in-use": [6], "not-listed": [7] } };
    const one = ranged(groups, { check: told({ ports, portsText: "1-6", farEnd }) });
    expect(settle(PLAN, [one], OPTIONS).results[0]).toMatchObject({
      outcome: "fail",
      detail:
        "3 open (1-2,6), 0 closed, 3 filtered (3-5); the responder answered on 2; 1 never arrived at the responder; " +
        "2 arrived and the reply was lost: look at the return path; in use by a service there: 6",
      warnings: ["the responder did not prove 7: it was not started for that"],
    });
  });

  it("address translation is a warning on the row", () => {
    const farEnd = { local: OWN, seenAs: "203.0.113.9" };
    expect(detail(RECEIPT, { farEnd })?.warnings).toEqual([
      `our address ${OWN} is 203.0.113.9 to the responder: addresses are translated on the way (NAT)`,
    ]);
    expect(detail(RECEIPT, { farEnd: { local: OWN, seenAs: OWN } })?.warnings).toEqual([]);
  });

  it("without a session one finding says so, however many rows there are", () => {
    const none = { failure: "unreachable", detail: "tcp/7654: ECONNREFUSED" } as const;
    const rows = ["a", "b"].map((id) => seen({ check: told({ id, farEnd: { none } }) }));
    expect(settle(PLAN, rows, OPTIONS).findings).toEqual([
      {
        check: "a",
        host: "dc01",
        text:
          `the responder at ${TARGET} was not reached (tcp/7654: ECONNREFUSED): the run went on without it, ` +
          "and what only it can decide stays undecided",
      },
    ]);
  });
});

describe("what counts", () => {
  const optional = { row: { required: false, requiredIfProven: true as const } };
  const settled = (verdict: NonNullable<Parameters<typeof seen>[0]>["verdict"], over: CheckOver = optional) => {
    const one = seen({ check: told(over), observations: [], ...(verdict && { verdict }) });
    return settle(PLAN, [one], OPTIONS);
  };

  it("a row whose silence says nothing is required where a far end proved it", () => {
    expect(settled(RECEIPT)).toMatchObject({ exitCode: 0, results: [{ required: true }] });
    expect(settled(RECEIPT, { row: { required: false } }).results[0]?.required).toBe(false);
    const silent = { state: "open|filtered", reason: "no-response", service: "silent" } as const;
    expect(settled(silent).results[0]?.required).toBe(false);
  });

  it("a row that nobody requires fails the run when the far end proves it filtered", () => {
    const lost = settled({ ...LOST, lost: "request" }, { row: { required: false } });
    expect(lost).toMatchObject({ exitCode: 1, results: [{ required: true, outcome: "fail" }] });
  });

  it("a firewall's reset is no sign that the host itself refuses", () => {
    const reset = seen({
      check: told({ id: "r" }),
      observations: [],
      verdict: { ...LOST, reason: "conn-refused", lost: "request" },
    });
    const silent = seen({ check: told({ id: "s" }), observations: [], verdict: LOST });
    const outcomes = settle(PLAN, [reset, silent], OPTIONS).results.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["fail", "inconclusive"]);
  });

  it("a token is believed where the network accepts every port", () => {
    const canary = ranged([{ state: "open", reason: "syn-ack", ports: [40_001, 40_002, 40_003] }], {
      check: check({ purpose: "canary", id: "canary" }),
    });
    const proven = seen({ check: told(), observations: [], verdict: RECEIPT });
    expect(settle(PLAN, [canary, proven], OPTIONS).results[1]).toMatchObject({ outcome: "pass", verdict: RECEIPT });
  });

  it("knows a proof from what others saw", () => {
    expect(isProven(seen({ observations: [], verdict: RECEIPT }))).toBe(true);
    expect(isProven(ranged([{ ...LOST, lost: "reply", ports: [1] }]))).toBe(true);
    expect(isProven(ranged([{ ...LOST, ports: [1] }]))).toBe(false);
  });
});
