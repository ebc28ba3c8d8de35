/**
 * `run --responder` as its user runs it, behind a router that loses or rejects: port by port against the router's rules,
 * no cell may be wrong, and the way that was lost is the one that the router closed.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, inject } from "vitest";
import { formatPorts } from "../../src/model/ports.ts";
import { DC } from "./addresses.ts";
import { endDaemon, runOk } from "./command.ts";
import { askMeanwhile, askWithFarEnd, ownAddress } from "./far-end-cli.ts";
import { farEndsOf } from "./far-ends.ts";
import { ALL_PASSES, type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { agentAddresses, inside, type Lane, routerAddresses } from "./namespaces.ts";
import { drawTruth, portsOfKind } from "./port-truth.ts";

const RTP = { first: 22_800, last: 32_767 };
const SEEDS = 20;
const ends = farEndsOf("far-end");

/** A responder at an address of its own; `host` is no other test's. */
async function farEnd(host: number, profile: string, family: "v4" | "v6" = "v4") {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, host))[family];
  const logFile = ends.file(`${host}-${family}.log`);
  const daemon = await ends.respond({ namespace, address, logFile }, "--profile", profile);
  const asking = ["--host", address, "--responder", address, "--key-file", ends.keyFile];
  return { address, daemon, logFile, args: ["--profile", profile, ...asking] };
}

/** A tenth of the range, drawn by the seed. */
function lostTenth(seed: number): readonly number[] {
  const counts = { dropped: 997, open: 0, reset: 0, prohibited: 0 };
  return portsOfKind(drawTruth({ ...RTP, counts }, seed), "dropped");
}

/** The router does this to requests to these ports, or to replies from them. */
function against(ports: readonly number[], way: "request" | "reply", verdict = "drop"): Firewall {
  const match = way === "request" ? 'iifname "agent" udp dport' : 'iifname "dc" udp sport';
  return [
    `add set inet lab chosen { type inet_service; elements = { ${ports.join(", ")} }; }`,
    `add rule inet lab forward ${match} @chosen ${verdict}`,
  ];
}

const RTP_ROW = "rtp/udp/22800-32767";

describe.each(["v4", "v6"] as const)("9,968 RTP ports over IP%s", (family) => {
  test("a random tenth dropped one way: exactly those ports, and which way, twenty seeds of twenty", async ({
    lane,
  }) => {
    const { args } = await farEnd(141, "cucm-to-unity", family);
    const walls: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const way = seed % 2 === 0 ? "request" : "reply";
      const lost = lostTenth(seed);
      await loadFirewall(lane, against(lost, way));
      const { exitCode, of, wallMs } = await askWithFarEnd(lane, [...args, "--rate", "max"]);
      walls.push(Math.round(wallMs));
      const { outcome, required, range } = of(RTP_ROW);
      expect([seed, exitCode, outcome, required]).toEqual([seed, 1, "fail", true]);
      expect([seed, range?.total, range?.tested, range?.open, range?.filtered]).toEqual([
        seed,
        9_968,
        9_968,
        8_971,
        997,
      ]);
      expect([seed, range?.lost]).toEqual([seed, { [way]: formatPorts(lost) }]);
    }
    await loadFirewall(lane, ALL_PASSES);
    const clean = await askWithFarEnd(lane, [...args, "--rate", "max"]);
    expect([clean.exitCode, clean.of(RTP_ROW).range?.open]).toEqual([0, 9_968]);
    process.stderr.write(
      `whole runs over IP${family}, ms by seed: ${walls.join(" ")}; clean ${Math.round(clean.wallMs)}\n`,
    );
  }, 600_000);
});

describe("before anything is deployed", () => {
  test.for(["v4", "v6"] as const)(
    "every row and range of failover-secondary passes over IP%s",
    async (family, { lane }) => {
      const { args } = await farEnd(family === "v4" ? 142 : 143, "failover-secondary", family);
      const { exitCode, rows, document, wallMs } = await askWithFarEnd(lane, [...args, "--expect", "path"]);
      // NetBIOS over TCP/IP does not exist over IPv6.
      const asked = rows.filter(({ outcome }) => outcome !== "skipped");
      expect(asked).toHaveLength(family === "v4" ? 15 : 12);
      expect(asked.map(({ check, outcome, reason }) => [check, outcome, reason])).toEqual(
        asked.map(({ check }) => [check, "pass", "responder-receipt"]),
      );
      expect([exitCode, document.summary.pass]).toEqual([0, asked.length]);
      process.stderr.write(`failover-secondary --expect path over IP${family}: ${Math.round(wallMs)} ms\n`);
    },
  );

  test("whoever rejects is named, and what the far end holds is never closed", async ({ lane }) => {
    const { address, args } = await farEnd(144, "failover-secondary");
    const swept = inject("lab").swept;
    const own = `ip daddr ${address}`;
    const table = [
      "table inet far_end {",
      "chain input { type filter hook input priority 0;",
      `${own} udp dport 464 reject with icmpx type port-unreachable`,
      `${own} tcp dport 464 reject with tcp reset`,
      "}",
      "}",
    ];
    await runOk(inside(swept, ["nft", "-f", "-"]), { input: `${table.join("\n")}\n` });
    try {
      await loadFirewall(lane, [
        "add rule inet lab forward udp dport 88 reject with icmpx type admin-prohibited",
        "add rule inet lab forward tcp dport 88 reject with tcp reset",
        "add rule inet lab forward udp sport 123 drop",
        "add rule inet lab forward udp dport 137 drop",
      ]);
      const { exitCode, of, rows } = await askWithFarEnd(lane, [...args, "--expect", "path"]);
      const router = routerAddresses(lane).v4;
      expect(exitCode).toBe(1);
      expect(of("kerberos/udp/88")).toMatchObject({
        ...{ state: "filtered", reason: "admin-prohibited", outcome: "fail", lost: "request" },
        offender: { address: router, icmpType: 3, icmpCode: 13 },
      });
      expect(of("kerberos/tcp/88")).toMatchObject({ state: "filtered", reason: "conn-refused", outcome: "fail" });
      expect(of("kerberos-passwd/udp/464")).toMatchObject({
        ...{ state: "filtered", reason: "port-unreach", outcome: "fail", offender: { address } },
      });
      expect(of("kerberos-passwd/tcp/464")).toMatchObject({ state: "filtered", reason: "conn-refused" });
      expect(of("ntp/udp/123")).toMatchObject({ state: "filtered", reason: "no-response", lost: "reply" });
      expect(of("ntp/udp/123").detail).toContain("look at the return path");
      expect(of("netbios-name/udp/137")).toMatchObject({ state: "filtered", reason: "no-response", lost: "request" });
      expect(rows.filter(({ outcome }) => outcome === "pass")).toHaveLength(9);
      for (const { detail, reason } of rows.filter(
        ({ state, reason }) => state === "filtered" && reason !== "no-response",
      ))
        expect([reason, detail]).toEqual([
          reason,
          expect.stringContaining("though the responder listens on this port"),
        ]);
    } finally {
      await runOk(inside(swept, ["nft", "delete", "table", "inet", "far_end"]));
    }
  });
});

test("where Samba runs, 389/udp is in use and proven by CLDAP", async ({ lane }) => {
  const logFile = ends.file("samba.log");
  await ends.respond({ namespace: inject("lab").dc, address: DC.v4, logFile }, "--profile", "failover-secondary");
  const args = ["--profile", "failover-secondary", "--host", DC.v4, "--responder", DC.v4, "--key-file", ends.keyFile];
  const { of, rows } = await askWithFarEnd(lane, args);
  expect(of("ldap/udp/389")).toMatchObject({ state: "open", reason: "protocol-reply", outcome: "pass" });
  expect(of("ldap/udp/389").detail).toContain("; in use by a service there");
  const byProtocol = rows.filter(({ outcome, range }) => outcome === "pass" && range === undefined);
  expect(byProtocol.every(({ reason }) => reason !== "responder-receipt")).toBe(true);
  expect(of("dcom-rpc/udp/5000-5020").range).toMatchObject({ tested: 21, open: 21 });
});

describe("a session that ends too early", () => {
  const SLOW = ["--rate", "2000"];

  test("with a responder that is killed: unknown, never filtered", async ({ lane }) => {
    const { args, daemon } = await farEnd(145, "cucm-to-unity");
    const kill = () => void daemon.process.kill("SIGKILL");
    const { exitCode, of, document } = await askMeanwhile(lane, [...args, ...SLOW], daemon, kill);
    const { outcome, reason, range, detail } = of(RTP_ROW);
    expect([exitCode, outcome, reason]).toEqual([3, "error", "responder-lost"]);
    expect([range?.filtered, range?.closed, range?.openFiltered]).toEqual([0, 0, 0]);
    expect(range?.unknown).toBeGreaterThan(0);
    expect((range?.unknown ?? 0) + (range?.open ?? 0)).toBe(9_968);
    expect(detail).toContain("the responder was lost before");
    expect(document.findings[0]?.text).toContain("was lost in the middle");
  });

  test("with a run that is interrupted: the responder is told, and its ports are free", async ({ lane }) => {
    const { args, daemon, logFile } = await farEnd(146, "cucm-to-unity");
    const interrupt = (pid: number) => void process.kill(pid, "SIGINT");
    const { exitCode, of } = await askMeanwhile(lane, [...args, ...SLOW], daemon, interrupt);
    expect([exitCode, of(RTP_ROW).state]).toEqual([130, null]);
    expect(await readFile(logFile, "utf8")).toContain("is done; its ports are free");
  });
});

describe("a session that never is", () => {
  const expectWithout = async (lane: Lane, args: readonly string[], failure: RegExp) => {
    const { exitCode, of, document } = await askWithFarEnd(lane, args);
    expect(of(RTP_ROW)).toMatchObject({ outcome: "skipped", detail: "could disturb a live call", required: false });
    expect(document.findings.map(({ text }) => text)).toEqual([expect.stringMatching(failure)]);
    expect(exitCode).toBe(3);
  };

  test("with another key, and with nobody there", async ({ lane }) => {
    const { args, daemon, logFile } = await farEnd(147, "cucm-to-unity");
    const other = await ends.keyIn("other-key");
    await expectWithout(lane, [...args.slice(0, -1), other], /shares no key or authority with us, or is no responder/);
    expect(await readFile(logFile, "utf8")).toContain("does not have the key");
    await endDaemon(daemon);
    await expectWithout(lane, args, /was not reached \(tcp\/7654: ECONNREFUSED\)/);
  });
});

test("behind NAT every row says how the far end sees us, with a warning", async ({ lane }) => {
  const { args } = await farEnd(148, "failover-secondary");
  await loadFirewall(lane, [
    "add chain inet lab postrouting { type nat hook postrouting priority srcnat; }",
    'add rule inet lab postrouting oifname "dc" masquerade',
  ]);
  const { exitCode, rows } = await askWithFarEnd(lane, [...args, "--expect", "path"]);
  const source = agentAddresses(lane).v4;
  const seenAs = `10.77.2.${100 + lane.number}`;
  expect(exitCode).toBe(0);
  for (const row of rows) {
    expect(row).toMatchObject({ source, seenAs, outcome: "pass" });
    expect(row.warnings).toContainEqual(expect.stringContaining(`${seenAs} to the responder`));
  }
});
