import { expect, inject } from "vitest";
import { formatPorts } from "../../src/model/ports.ts";
import { onLan } from "./addresses.ts";
import { withDelay } from "./delay.ts";
import { askWithFarEnd, type FarEndRun, ownAddress } from "./far-end-cli.ts";
import { farEndsOf } from "./far-ends.ts";
import { ALL_PASSES, type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { drawTruth, portsOfKind } from "./port-truth.ts";

const ends = farEndsOf("both");

/** What `run` is told to ask a responder at an address that is no other test's. */
async function farEnd(host: number, profile: string, family: "v4" | "v6" = "v4"): Promise<readonly string[]> {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, host))[family];
  const logFile = ends.file(`${host}-${family}.log`);
  await ends.respond({ namespace, address, logFile }, "--profile", profile);
  return ["--profile", profile, "--host", address, "--responder", address, "--key-file", ends.keyFile, "--reverse"];
}

/** What the agent began may come back; nothing else reaches it. */
const ONE_WAY: Firewall = [
  "add rule inet lab forward ct state established,related accept",
  'add rule inet lab forward iifname "agent" accept',
  "add rule inet lab forward drop",
];

const cells = ({ rows }: FarEndRun, direction: "in" | "out") =>
  rows
    .filter((row) => row.direction === direction && row.outcome !== "skipped")
    .map(({ check, outcome, state, lost, range }) => [
      check,
      outcome,
      state,
      lost ?? Object.keys(range?.lost ?? {})[0],
    ]);

for (const family of ["v4", "v6"] as const) {
  test(`IP${family}: all reverse cells are lost behind a stateful router, in the run whose forward cells are green`, async ({
    lane,
  }) => {
    const args = [...(await farEnd(family === "v4" ? 151 : 152, "failover-secondary", family)), "--expect", "path"];
    await loadFirewall(lane, ALL_PASSES);
    const before = await askWithFarEnd(lane, args);
    const open = cells(before, "out").map(([check]) => [check, "pass", "open", undefined]);
    expect(open).toHaveLength(family === "v4" ? 15 : 12);
    expect([cells(before, "out"), cells(before, "in"), before.exitCode]).toEqual([open, open, 0]);
    expect(before.document.profiles.map(({ id, title, from, to }) => [id, title, from, to])).toEqual([
      ["failover-secondary", "Unity secondary → DC", "unity-secondary", "domain-controller"],
      ["failover-secondary/reverse", "Unity secondary ← DC", "domain-controller", "unity-secondary"],
    ]);
    // Right after a run that was green both ways: a router that remembers its flows must not be deceived.
    await loadFirewall(lane, ONE_WAY);
    const after = await askWithFarEnd(lane, args);
    expect([cells(after, "out"), after.exitCode]).toEqual([open, 1]);
    const lost = cells(after, "in").map(([check]) => [check, "fail", "filtered", "request"]);
    expect(cells(after, "in")).toEqual(lost);
    expect(lost).toHaveLength(open.length);
    process.stderr.write(`both directions over IP${family}: ${Math.round(before.wallMs)} ms\n`);
  });
}

test("a long way delays both arrows and loses neither", async ({ lane }) => {
  const args = [...(await farEnd(159, "failover-secondary")), "--expect", "path"];
  await loadFirewall(lane, ALL_PASSES);
  await withDelay(lane, 350, async () => {
    const run = await askWithFarEnd(lane, args);
    for (const direction of ["out", "in"] as const) {
      expect(cells(run, direction)).toHaveLength(15);
      expect(cells(run, direction).filter(([, outcome]) => outcome !== "pass")).toEqual([]);
    }
    expect(run.exitCode).toBe(0);
  });
});

test("of 9,968 ports a tenth is dropped on the way back: those and no others, and the other arrow is green", async ({
  lane,
}) => {
  const args = await farEnd(153, "cucm-to-unity");
  const counts = { dropped: 997, open: 0, reset: 0, prohibited: 0 };
  const dropped = portsOfKind(drawTruth({ first: 22_800, last: 32_767, counts }, 7), "dropped");
  await loadFirewall(lane, [
    `add set inet lab chosen { type inet_service; elements = { ${dropped.join(", ")} }; }`,
    'add rule inet lab forward iifname "dc" udp dport @chosen drop',
  ]);
  const { rows, exitCode } = await askWithFarEnd(lane, [...args, "--rate", "max", "--only", "udp/22800-32767"]);
  const [out, back] = (["out", "in"] as const).map((direction) =>
    rows.find((row) => row.check === "rtp/udp/22800-32767" && row.direction === direction),
  );
  expect([exitCode, out?.outcome, out?.range?.open]).toEqual([1, "pass", 9_968]);
  expect([back?.outcome, back?.range?.open, back?.range?.lost]).toEqual([
    "fail",
    8_971,
    { request: formatPorts(dropped) },
  ]);
});

for (const family of ["v4", "v6"] as const) {
  test(`IP${family}: whoever rejects what the far end sends is named`, async ({ lane }) => {
    const args = [...(await farEnd(family === "v4" ? 154 : 157, "failover-secondary", family)), "--expect", "path"];
    const rejects = (what: string, how: string) =>
      `add rule inet lab forward iifname "dc" ct state new ${what} reject with ${how}`;
    await loadFirewall(lane, [
      rejects("udp dport 88", "icmpx type admin-prohibited"),
      rejects("tcp dport 88", "icmpx type admin-prohibited"),
      rejects("udp dport 5000-5009", "icmpx type no-route"),
      rejects("tcp dport 389", "tcp reset"),
    ]);
    const { rows, exitCode } = await askWithFarEnd(lane, args);
    const of = (check: string, direction = "in") =>
      rows.find((row) => row.check === check && row.direction === direction);
    // A router sends its errors from the side on which the packet came.
    const router = onLan(100 + lane.number)[family];
    expect(exitCode).toBe(1);
    for (const check of ["kerberos/udp/88", "kerberos/tcp/88"]) {
      expect([check, of(check)]).toEqual([
        check,
        expect.objectContaining({
          ...{ outcome: "fail", state: "filtered", reason: "admin-prohibited", lost: "request" },
          offender: expect.objectContaining({ address: router }),
          detail: expect.stringContaining("though we listen on this port"),
        }),
      ]);
      expect(of(check, "out")).toMatchObject({ outcome: "pass", state: "open" });
    }
    expect(of("ldap/tcp/389")).toMatchObject({ state: "filtered", reason: "conn-refused", outcome: "fail" });
    const range = of("dcom-rpc/udp/5000-5020");
    expect(range).toMatchObject({ outcome: "fail", range: { open: 11, filtered: 10, lost: { request: "5000-5009" } } });
    expect(range?.detail).toContain("10 rejected by a firewall, though we listen there");
  });
}
