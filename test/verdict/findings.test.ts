import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Check, Plan } from "../../src/model/check.ts";
import type { PortGroup } from "../../src/model/observation.ts";
import { onePort } from "../../src/model/ports.ts";
import type { Lead } from "../../src/model/prober.ts";
import type { CheckSeen } from "../../src/model/result.ts";
import type { Transport } from "../../src/model/words.ts";
import { settle } from "../../src/verdict/settle.ts";
import { ANSWERED, type CheckOver, check, ROUTER, ranged, seen, TARGET, udp, unconnected } from "./support.ts";

const PLAN: Plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [] };

function settled(all: readonly CheckSeen[]) {
  const options = { anyAddress: false, strict: false, interrupted: false, wallMs: 0 };
  const { results, findings, exitCode } = settle(PLAN, all, options);
  return {
    details: results.map(({ detail }) => detail),
    outcomes: results.map(({ outcome }) => outcome),
    findings: findings.map(({ text }) => text),
    exitCode,
  };
}

function row(transport: Transport, port: number, over: CheckOver = {}): Check {
  return check({
    id: `kerberos/${transport}/${port}`,
    transport,
    ports: [onePort(port)],
    portsText: `${port}`,
    ...over,
    row: { service: "Kerberos", ...over.row },
  });
}

const answering = (of: Check) => seen({ check: of, reading: ANSWERED });
const silentUdp = (of: Check) => seen({ check: of, observation: udp(), durationMs: 6_000 });
const silentTcp = (of: Check) => seen({ check: of, observation: unconnected(), durationMs: 6_000 });
const refusing = (of: Check) => seen({ check: of, observation: unconnected({ code: "ECONNREFUSED" }) });
const rejected = (of: Check) =>
  seen({ check: of, observation: unconnected({ code: "EHOSTUNREACH", icmp: { type: 3, code: 13, from: ROUTER } }) });

describe("a hint by the other transport", () => {
  it("stands where UDP is silent and the same service answers over TCP", () => {
    expect(settled([silentUdp(row("udp", 88)), answering(row("tcp", 88))]).details[0]).toBe(
      "no answer to 2 requests in 6 s; tcp/88 answers: a UDP rule is missing?",
    );
  });

  it("stands where TCP is silent or rejected and the same service answers over UDP", () => {
    const answers = answering(row("udp", 88));
    expect(settled([silentTcp(row("tcp", 88)), answers]).details[0]).toBe(
      "no answer to the connection request in 6 s; udp/88 answers: a TCP rule is missing?",
    );
    expect(settled([rejected(row("tcp", 88)), answers]).details[0]).toBe(
      `filtered: admin-prohibited by ${ROUTER} (ICMP type 3 code 13); udp/88 answers: a TCP rule is missing?`,
    );
  });

  it.each<readonly [string, readonly CheckSeen[]]>([
    ["the other is silent too", [silentUdp(row("udp", 88)), silentTcp(row("tcp", 88))]],
    ["the other was only accepted", [silentUdp(row("udp", 88)), seen({ check: row("tcp", 88, { expect: "accept" }) })]],
    [
      "the other is on another address",
      [silentUdp(row("udp", 88)), answering(row("tcp", 88, { address: "192.0.2.11" }))],
    ],
    ["the other is on another host", [silentUdp(row("udp", 88)), answering(row("tcp", 88, { host: "dc02" }))]],
    [
      "the other is in another profile",
      [silentUdp(row("udp", 88)), answering(row("tcp", 88, { row: { profile: "q" } }))],
    ],
    [
      "the other is another service",
      [silentUdp(row("udp", 88)), answering(row("tcp", 88, { row: { service: "Web" } }))],
    ],
    ["the other has another port", [silentUdp(row("udp", 88)), answering(row("tcp", 8088))]],
    ["the port itself refused", [refusing(row("tcp", 88)), answering(row("udp", 88))]],
    [
      "the row's note explains the silence",
      [
        silentUdp(row("udp", 138, { silence: "inconclusive", row: { required: false, note: "never answered" } })),
        answering(row("tcp", 138)),
      ],
    ],
  ])("is missing where %s", (_, all) => {
    expect(settled(all).details[0]).not.toContain("rule is missing");
  });
});

const MAPPER = check({ id: "mapper/tcp/135", ports: [onePort(135)], portsText: "135", row: { service: "Mapper" } });
const RANGE = check({
  id: "dcom/tcp/5000-5020",
  expect: "path",
  ports: [{ first: 5000, last: 5020, step: 1 }],
  portsText: "5000-5020",
  row: { service: "DCOM" },
});

const lead = (port: number, service: string): Lead => ({
  transport: "tcp",
  port,
  service,
  prober: "rpc-bind",
  params: {},
  why: "announced",
});

/** The mapper announces; what is asked of it lies beside. */
const announcing = (leads: readonly Lead[], of: Check = MAPPER) => seen({ check: of, reading: { ...ANSWERED, leads } });

function followed(port: number, service: string, over: CheckOver = {}): Check {
  return check({
    id: `mapper/tcp/135/tcp/${port}/${service}`,
    purpose: "lead",
    via: "mapper/tcp/135",
    ports: [onePort(port)],
    portsText: `${port}`,
    ...over,
    row: { service, required: false },
  });
}

function range(open: readonly number[], filtered: readonly number[] = [], of: Check = RANGE): CheckSeen {
  const rest = Array.from({ length: 21 }, (_, at) => 5000 + at).filter(
    (port) => ![...open, ...filtered].includes(port),
  );
  const groups: readonly PortGroup[] = [
    { state: "open", reason: "syn-ack", ports: open },
    { state: "closed", reason: "conn-refused", ports: rest },
    { state: "filtered", reason: "no-response", ports: filtered },
  ];
  return ranged(
    groups.filter(({ ports }) => ports.length > 0),
    { check: of },
  );
}

describe("a range with announced ports", () => {
  const three = [lead(5000, "drsuapi"), lead(5001, "netlogon"), lead(5002, "dnsserver")];
  const answers = three.map(({ port, service }) => answering(followed(port, service)));

  it("names the services that answered there", () => {
    expect(settled([range([5000, 5001, 5002]), announcing(three), ...answers]).details[0]).toBe(
      "3 open (5000 drsuapi, 5001 netlogon, 5002 dnsserver), 18 closed, 0 filtered",
    );
  });

  it("says of a service that did not answer that it is announced, whatever the port's state", () => {
    const silent = [silentTcp(followed(5001, "netlogon")), refusing(followed(5002, "dnsserver"))];
    expect(settled([range([5000, 5003], [5001]), announcing(three), answers[0]!, ...silent]).details[0]).toBe(
      "2 open (5000 drsuapi, 5003), 18 closed (5002 dnsserver announced among them), 1 filtered (5001 netlogon announced)",
    );
  });

  it("names a port once for all that it serves", () => {
    const many = ["drsuapi", "lsarpc", "samr", "netlogon"].map((service) => lead(5000, service));
    const all = many.map(({ service }) => answering(followed(5000, service)));
    expect(settled([range([5000]), announcing(many), ...all]).details[0]).toBe(
      "1 open (5000 drsuapi/lsarpc +2), 20 closed, 0 filtered",
    );
  });

  it("stays short", () => {
    const ports = Array.from({ length: 10 }, (_, at) => 5000 + at);
    const many = ports.map((port) => lead(port, `service${port}`));
    const [detail] = settled([range(ports), announcing(many)]).details;
    expect(detail).toMatch(/^10 open \(5000 service5000 announced, .*, 4 more announced\), 11 closed, 0 filtered$/);
  });

  it("is not named by another address, nor over UDP", () => {
    const elsewhere = announcing(three, { ...MAPPER, address: "192.0.2.11" });
    const overUdp = range([5000], [], { ...RANGE, transport: "udp" });
    expect(settled([range([5000]), elsewhere]).details[0]).toBe("1 open (5000), 20 closed, 0 filtered");
    expect(settled([overUdp, announcing(three)]).details[0]).toBe("1 open (5000), 20 closed, 0 filtered");
  });
});

describe("an announced port that the profile's range does not hold", () => {
  const outside = [lead(49664, "drsuapi")];
  const at = followed(49664, "drsuapi");
  const text = "the server announces 49664 (drsuapi), which the profile's range 5000-5020 does not let through, and ";

  it.each<readonly [string, readonly CheckSeen[], string]>([
    ["that answers", [answering(at)], "it answers from here"],
    ["that is silent", [silentTcp(at)], "it does not answer from here"],
    ["that is closed", [refusing(at)], "it does not answer from here"],
    [
      "where something else answers",
      [seen({ check: at, reading: { service: "mismatch", detail: "no RPC", evidence: {} } })],
      "another protocol answers there",
    ],
    ["that nobody asked", [], "it was not asked"],
    [
      "that our own side could not ask",
      [seen({ check: at, observation: unconnected({ code: "EMFILE" }) })],
      "it was not asked",
    ],
  ])("%s is a finding", (_, leads, fate) => {
    expect(settled([range([]), announcing(outside), ...leads]).findings).toEqual([text + fate]);
  });

  it("is one finding with its like, and no longer than a reader wants", () => {
    const two = [lead(49664, "drsuapi"), lead(49665, "netlogon"), lead(5000, "dnsserver")];
    const both = two.map(({ port, service }) => answering(followed(port, service)));
    expect(settled([range([]), announcing(two), ...both]).findings).toEqual([
      "the server announces 49664 (drsuapi) and 49665 (netlogon), which the profile's range 5000-5020 does not let through, and they answer from here",
    ]);
    const many = Array.from({ length: 64 }, (_, index) => lead(40_000 + index, "x"));
    expect(settled([range([]), announcing(many)]).findings[0]).toContain("40007 (x) and 56 more, which");
  });

  it("is none where a row of its own lists the port, or the profile has no range", () => {
    const listed = seen({ check: row("tcp", 49664) });
    expect(settled([range([]), announcing(outside), listed]).findings).toEqual([]);
    expect(settled([announcing(outside)]).findings).toEqual([]);
    const inOtherProfile = range([], [], { ...RANGE, row: { ...RANGE.row, profile: "q" } });
    expect(settled([inOtherProfile, announcing(outside)]).findings).toEqual([]);
  });

  it("names the address where the host has several", () => {
    const second = range([], [], { ...RANGE, address: "192.0.2.11" });
    expect(settled([range([]), second, announcing(outside)]).findings[0]).toMatch(
      new RegExp(`^${TARGET} announces 49664`),
    );
  });
});

it("changes no outcome", () => {
  const kinds = [answering, silentUdp, silentTcp, refusing, rejected];
  const rows = fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      port: fc.constantFrom(88, 389, 5000),
      required: fc.boolean(),
      expect: fc.constantFrom("service" as const, "path" as const),
    }),
    { maxLength: 6 },
  );
  const announced = fc.array(fc.constantFrom(lead(5000, "a"), lead(5001, "b"), lead(49664, "c")), { maxLength: 3 });
  fc.assert(
    fc.property(rows, announced, (written, leads) => {
      const all = (service: (at: number) => string, announces: readonly Lead[]) => [
        range([5000]),
        announcing(announces),
        ...written.map(({ kind, port, required, expect: expected }, at) => {
          const transport = kind === silentUdp ? "udp" : "tcp";
          return kind(row(transport, port, { expect: expected, row: { required, service: service(at) } }));
        }),
      ];
      const [together, apart] = [settled(all(() => "One", leads)), settled(all((at) => `Service ${at}`, []))];
      expect([together.outcomes, together.exitCode]).toEqual([apart.outcomes, apart.exitCode]);
    }),
  );
});
