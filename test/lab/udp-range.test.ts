/**
 * Ranges over UDP without a far end: a host and a router with the kernel's own limit of ICMP errors, six at once to each
 * asker and then one a second. Port by port against what the rules say: no cell may be wrong.
 */
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { EMPTY } from "./addresses.ts";
import { type Asked, askRows } from "./ask-profile.ts";
import { ALL_PASSES, type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { setIcmpLimit } from "./namespaces.ts";

const { stranger, lanes } = inject("lab");

async function setLimits(limit: "lifted" | "default"): Promise<void> {
  for (const namespace of [stranger, ...lanes.map(({ router }) => router)]) await setIcmpLimit(namespace, limit);
}
beforeAll(() => setLimits("default"));
afterAll(() => setLimits("lifted"));

const row = (ports: string, prober = "port-sweep") =>
  `{service: Range, ports: [udp/${ports}], prober: ${prober}, expect: path}`;
const udpRule = (ports: string, verdict: string) => `add rule inet lab forward udp dport { ${ports} } ${verdict}`;
const HOST_PROHIBITED = "reject with icmp type host-prohibited";

/** The ports of `22801,22810-22815`. */
function listed(text: string | undefined): readonly number[] {
  return (text ?? "").split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return part === "" ? [] : Array.from({ length: last! - first! + 1 }, (_, at) => first! + at);
  });
}

/** Holds each port that was asked against the rules; gives how many there were of each state. */
function compare(asked: Asked, check: string, stateOf: (port: number) => "closed" | "openFiltered" | "filtered") {
  const { range } = asked.of(check);
  const wrong: string[] = [];
  const counts = { closed: 0, openFiltered: 0, filtered: 0, open: 0 };
  for (const state of ["open", "closed", "filtered", "openFiltered"] as const) {
    for (const port of listed(range?.ports[state])) {
      counts[state]++;
      if (stateOf(port) !== state) wrong.push(`${port} is ${stateOf(port)}, seen ${state}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(range?.unknown).toBe(0);
  return counts;
}

const within = (port: number, first: number, last: number) => port >= first && port <= last;

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const host = EMPTY[family];

  test("5000-5020 on a host with nothing there: every port proven, 21 of 21", async ({ lane }) => {
    const asked = await askRows(lane, [row("5000-5020")], host);
    expect(compare(asked, "range/udp/5000-5020", () => "closed").closed).toBe(21);
    const { outcome, state, errorQueue, durationMs } = asked.of("range/udp/5000-5020");
    expect({ outcome, state, errorQueue }).toEqual({ outcome: "pass", state: "closed", errorQueue: true });
    // Fifteen errors at one a second, and a few seconds for a machine that is busy; IPv6 has no burst of its own that is
    // known. The tests of the engine, in held time, know the bound to a tenth.
    if (family === "v4") expect(durationMs).toBeLessThan(15_000 + 10_000);
    expect(asked.exitCode).toBe(0);
  });
});

const host = EMPTY.v4;

async function askBehind(
  firewall: Firewall,
  lane: Parameters<typeof askRows>[0],
  rows: readonly string[],
  ...args: string[]
) {
  await loadFirewall(lane, firewall);
  try {
    return await askRows(lane, rows, host, args);
  } finally {
    await loadFirewall(lane, ALL_PASSES);
  }
}

test("a sample of 22800-32767 behind a router that drops a block: its edges are found", async ({ lane }) => {
  const check = "range/udp/22800-32767";
  const asked = await askBehind([udpRule("24000-27225", "drop")], lane, [row("22800-32767")]);
  const counts = compare(asked, check, (port) => (within(port, 24_000, 27_225) ? "openFiltered" : "closed"));
  const { range, detail, outcome } = asked.of(check);
  expect(range?.confidence).toMatch(
    /^31 of 9,968 asked, \d+ silent: at most \d+ % blocked at 95 %, if all of these are blocked/,
  );
  expect(range?.confidence).toContain("24000-27225 silent, the ports beside it pass");
  expect(detail).toContain("; the silence is not our haste: dropped on the way, or held by a silent service");
  expect(outcome).toBe("inconclusive");
  expect(counts.closed).toBeGreaterThan(15);
});

test("a clean sample passes with what it proves", async ({ lane }) => {
  const asked = await askRows(lane, [row("22800-32767")], host);
  const { outcome, range, durationMs } = asked.of("range/udp/22800-32767");
  expect(range).toMatchObject({ total: 9_968, tested: 31, closed: 31 });
  expect(range?.confidence).toBe("31 of 9,968 asked, none blocked: at most 9.9 % blocked at 95 %");
  expect(outcome).toBe("pass");
  // Twenty-five errors at one a second.
  expect(durationMs).toBeLessThan(25_000 + 15_000);
  expect(asked.exitCode).toBe(0);
});

test("a router that rejects has a budget of its own, and is named for each port", async ({ lane }) => {
  const check = "range/udp/5000-5020";
  const asked = await askBehind([udpRule("5000-5009", HOST_PROHIBITED)], lane, [row("5000-5020")]);
  compare(asked, check, (port) => (port < 5_010 ? "filtered" : "closed"));
  const router = `10.77.${100 + lane.number}.1`;
  const { range, outcome } = asked.of(check);
  expect(range?.offenders).toContainEqual({ address: router, icmpType: 3, icmpCode: 10, ports: "5000-5009" });
  expect(outcome).toBe("fail");
});

test("dropped, rejected and closed ports in one range are told apart", async ({ lane }) => {
  const check = "range/udp/6000-6029";
  const rules = [udpRule("6003-6007", "drop"), udpRule("6010-6014", HOST_PROHIBITED)];
  const asked = await askBehind(rules, lane, [row("6000-6029")]);
  compare(asked, check, (port) => {
    if (within(port, 6_003, 6_007)) return "openFiltered";
    return within(port, 6_010, 6_014) ? "filtered" : "closed";
  });
});

test("single rows of the host spend the same budget, and a range after them is right all the same", async ({
  lane,
}) => {
  const singles = [123, 137, 161, 500, 514, 520, 1900].map(
    (port) => `{service: Port ${port}, ports: [udp/${port}], prober: ntp}`,
  );
  const asked = await askRows(lane, [...singles, row("5000-5009")], host, ["--timeout", "2s"]);
  expect(compare(asked, "range/udp/5000-5009", () => "closed").closed).toBe(10);
  for (const { check, state } of asked.results)
    if (check.startsWith("port-")) expect([check, state]).toEqual([check, "closed"]);
});

test("two ranges after each other, and two at once over both transports", async ({ lane }) => {
  const tcp = "{service: Range, ports: [tcp/7000-7009], prober: port-sweep, expect: path}";
  const asked = await askRows(lane, [row("7000-7009"), row("8000-8004"), tcp], host);
  expect(compare(asked, "range/udp/7000-7009", () => "closed").closed).toBe(10);
  expect(compare(asked, "range/udp/8000-8004", () => "closed").closed).toBe(5);
  expect(asked.of("range/tcp/7000-7009").state).toBe("closed");
});
