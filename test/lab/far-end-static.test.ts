/** A far end that cannot be told anything (`--static`), and one whose prober has several addresses (`--data-source`). */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, inject } from "vitest";
import { formatPorts } from "../../src/model/ports.ts";
import { runOk, startDaemon, untilReady } from "./command.ts";
import { askWithFarEnd, type FarEndRun, ownAddress } from "./far-end-cli.ts";
import { farEndsOf } from "./far-ends.ts";
import { type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { agentAddresses, inside, type Lane } from "./namespaces.ts";
import { drawTruth, portsOfKind } from "./port-truth.ts";

const RANGE = { first: 22_800, last: 23_799 };
const TCP = { first: 12_000, last: 12_019 };
const PROFILE = `id: lab-static
title: Here → there
product: Lab
from: here
to: there
rows:
  - {service: Voice, ports: [udp/22800-23799], prober: port-sweep, expect: path}
  - {service: Calls, ports: [tcp/12000-12019], prober: port-sweep, expect: path}
  - {service: Time, ports: [udp/12123], prober: ntp}
  - {service: Door, ports: [tcp/12080], prober: tcp-connect, expect: path}
`;

const ends = farEndsOf("static");
let profile: string;

beforeAll(async () => {
  profile = ends.file("static.yaml");
  await writeFile(profile, PROFILE);
});

/** Started at an address that is no other test's. */
async function staticFarEnd(host: number, family: "v4" | "v6") {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, host))[family];
  const logFile = ends.file(`${host}-${family}.log`);
  const words = ["respond", "--static", "--listen", address, "--key-file", ends.keyFile, "--profile", profile];
  const argv = inside(namespace, [process.execPath, "bin/unity-probe.js", ...words]);
  const daemon = startDaemon(`static responder ${address}`, argv, logFile);
  ends.daemons.push(daemon);
  const log = () => readFileSync(logFile, "utf8");
  await untilReady(daemon, async () => log().includes("holds 1,001 UDP and 21 TCP ports"), 60_000);
  return { address, log, args: ["--profile", profile, "--host", address, "--responder", address, "--static"] };
}

function dropped(over: "tcp" | "udp", ports: readonly number[], way: "request" | "reply"): Firewall {
  const match = way === "request" ? `iifname "agent" ${over} dport` : `iifname "dc" ${over} sport`;
  return [
    `add set inet lab chosen_${over} { type inet_service; elements = { ${ports.join(", ")} }; }`,
    `add rule inet lab forward ${match} @chosen_${over} drop`,
  ];
}

/** What is said of ports at which no reply came. */
const unknown = (ports: string) =>
  `the responder did not prove ${ports}: no reply came, and without a control channel nobody can say what arrived or ` +
  "which ports a service holds";

const cells = ({ rows }: FarEndRun) =>
  rows.map(({ check, outcome, range }) => [check, outcome, range?.lost, range?.open]);

describe.each(["v4", "v6"] as const)("without a control channel over IP%s", (family) => {
  test.for(["request", "reply"] as const)(
    "a tenth whose %s is dropped: those ports and no others",
    async (way, { lane }) => {
      const { args } = await staticFarEnd((family === "v4" ? 171 : 173) + (way === "request" ? 0 : 1), family);
      const draw = (range: { readonly first: number; readonly last: number }, count: number) =>
        portsOfKind(
          drawTruth({ ...range, counts: { dropped: count, open: 0, reset: 0, prohibited: 0 } }, 7),
          "dropped",
        );
      const [udp, tcp] = [draw(RANGE, 100), draw(TCP, 2)];
      await loadFirewall(lane, [...dropped("udp", [...udp, 12_123], way), ...dropped("tcp", tcp, way)]);
      const { rows, exitCode } = await askWithFarEnd(lane, [
        ...args,
        "--key-file",
        ends.keyFile,
        "--expect",
        "path",
        "--rate",
        "max",
      ]);
      const of = (check: string) => rows.find((row) => row.check === check);
      expect(exitCode).toBe(1);
      // Over UDP silence is undecided: nobody says whether anything arrived. A TCP handshake that is not answered fails.
      expect(of("voice/udp/22800-23799")).toMatchObject({
        outcome: "inconclusive",
        range: { open: 900, openFiltered: 100, filtered: 0, closed: 0, ports: { openFiltered: formatPorts(udp) } },
        warnings: [unknown(formatPorts(udp))],
      });
      expect(of("calls/tcp/12000-12019")).toMatchObject({
        outcome: "fail",
        range: { open: 18, filtered: 2, ports: { filtered: formatPorts(tcp) } },
        warnings: [unknown(formatPorts(tcp))],
      });
      const time = { outcome: "inconclusive", state: "open|filtered", warnings: [unknown("12123")] };
      expect(of("time/udp/12123")).toMatchObject(time);
      expect(of("door/tcp/12080")).toMatchObject({ outcome: "pass", reason: "responder-receipt", warnings: [] });
    },
  );
});

test("with another key nothing is proven, and the operator is told", async ({ lane }) => {
  const { args, log } = await staticFarEnd(175, "v4");
  const { rows } = await askWithFarEnd(lane, [...args, "--key-file", await ends.keyIn("other"), "--expect", "path"]);
  const warned = rows.map(({ reason, warnings }) => [reason === "responder-receipt", warnings]);
  const ports = ["22800-23799", "12000-12019", "12123", "12080"];
  expect(warned).toEqual(ports.map((each) => [false, [unknown(each)]]));
  expect(rows.filter(({ transport, outcome }) => transport === "udp" && outcome !== "inconclusive")).toEqual([]);
  const turnedAway = log()
    .split("\n")
    .filter((line) => line.includes("turned away"));
  const why = "sent no token that is good now: another key, or clocks more than a minute apart";
  expect(turnedAway).toEqual([`unity-probe: ${agentAddresses(lane).v4} turned away: ${why}`]);
});

describe("where a NAT gives datagrams another address than connections", () => {
  /** The address of datagrams; connections have the router's own. */
  const pool = ({ number }: Lane) => `10.77.2.${240 + number}`;

  const nat = (lane: Lane): Firewall => [
    "add chain inet lab postrouting { type nat hook postrouting priority srcnat; }",
    `add rule inet lab postrouting oifname "dc" meta l4proto udp snat ip to ${pool(lane)}`,
    'add rule inet lab postrouting oifname "dc" meta l4proto tcp masquerade',
  ];

  test("datagrams count where both sides name its block, and those that are dropped are named", async ({ lane }) => {
    const namespace = inject("lab").swept;
    const address = (await ownAddress(namespace, 176)).v4;
    const logFile = ends.file("nat.log");
    const block = `${pool(lane)}/32`;
    await ends.respond({ namespace, address, logFile }, "--profile", profile, "--data-source", block);
    await runOk(inside(lane.router, ["ip", "addr", "add", `${pool(lane)}/24`, "dev", "dc"]));
    try {
      const lost = [22_801, 22_900, 23_000];
      await loadFirewall(lane, [...nat(lane), ...dropped("udp", lost, "request")]);
      const args = ["--profile", profile, "--host", address, "--responder", address, "--key-file", ends.keyFile];
      const named = await askWithFarEnd(lane, [...args, "--data-source", block, "--expect", "path"]);
      expect(cells(named)).toEqual([
        ["voice/udp/22800-23799", "fail", { request: "22801,22900,23000" }, 997],
        ["calls/tcp/12000-12019", "pass", undefined, 20],
        ["time/udp/12123", "pass", undefined, undefined],
        ["door/tcp/12080", "pass", undefined, undefined],
      ]);
      for (const { seenAs } of named.rows) expect(seenAs).toBe(`10.77.2.${100 + lane.number}`);
      // Datagrams arrive, and are not heard: asked as without a responder, and not called filtered.
      const unnamed = await askWithFarEnd(lane, [...args, "--expect", "path"]);
      const voice = unnamed.of("voice/udp/22800-23799");
      expect(voice).toMatchObject({
        range: { open: 0, filtered: 3, closed: 997, lost: { request: "22801,22900,23000" } },
        warnings: expect.arrayContaining([expect.stringContaining("--data-source on both sides names their block")]),
      });
      expect(unnamed.of("time/udp/12123")).toMatchObject({ outcome: "pass", state: "closed" });
      expect(unnamed.of("door/tcp/12080")).toMatchObject({ outcome: "pass", reason: "responder-receipt" });
      expect(readFileSync(logFile, "utf8")).toContain(`${pool(lane)} turned away: sent to data ports`);
    } finally {
      await runOk(inside(lane.router, ["ip", "addr", "del", `${pool(lane)}/24`, "dev", "dc"]));
    }
  });
});
