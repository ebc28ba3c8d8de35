/** What goes wrong on our own side is called that: unknown, with the reason, and never a cell about the target. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { DC } from "./addresses.ts";
import { runOk } from "./command.ts";
import { BLACK_HOLE, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { agentAddresses, connectAgent, inside, type Lane, setKernel } from "./namespaces.ts";
import { probe, probeCommand } from "./probe.ts";

/** Rules for what the agent itself sends; gone afterwards. */
async function withOwnFirewall(lane: Lane, rules: readonly string[], work: () => Promise<void>): Promise<void> {
  const script = [
    "flush ruleset",
    "add table inet own",
    "add chain inet own output { type filter hook output priority 0; }",
    ...rules.map((rule) => `add rule inet own output ${rule}`),
  ].join("\n");
  const load = (input: string) => runOk(inside(lane.agent, ["nft", "-f", "-"]), { input });
  await load(`${script}\n`);
  try {
    await work();
  } finally {
    await load("flush ruleset\n");
  }
}

/** The rows that were asked. */
function asked({ results }: ReportDocument): readonly ResultEntry[] {
  return results.filter(({ canary, state }) => canary !== true && state !== null);
}

describe.each(["v4", "v6"] as const)("IP%s", (family) => {
  const dc = DC[family];

  test("an own firewall that rejects", async ({ lane }) => {
    await withOwnFirewall(lane, [`meta nfproto ip${family} meta l4proto { tcp, udp } reject`], async () => {
      const { document, exitCode } = await probe(lane, dc);
      expect(exitCode).toBe(3);
      // Nothing is tried again and again until a deadline.
      for (const { check, durationMs, timeoutMs } of asked(document)) {
        expect(durationMs, check).toBeLessThan(timeoutMs);
      }
      expect(asked(document).length).toBeGreaterThan(10);
      for (const { state, reason, outcome, offender, range, check, transport } of asked(document)) {
        expect({ state, reason, outcome }, check).toEqual({
          state: "unknown",
          reason: "local-egress-blocked",
          outcome: "error",
        });
        // A datagram is refused by a code already, before the firewall's ICMP error is there.
        const single = transport === "tcp" && range === undefined;
        if (single) expect(offender?.address, check).toBe(agentAddresses(lane)[family]);
      }
    });
  });

  test("an own firewall that drops UDP: the system refuses to send", async ({ lane }) => {
    await withOwnFirewall(lane, ["meta l4proto udp drop"], async () => {
      const { document } = await probe(lane, dc);
      const udp = asked(document).filter(({ transport }) => transport === "udp");
      expect(udp.length).toBeGreaterThan(3);
      for (const { state, reason, check } of udp) {
        expect({ state, reason }, check).toEqual({ state: "unknown", reason: "local-egress-blocked" });
      }
    });
  });

  test("an interface that goes down in the middle", async ({ lane }) => {
    await loadFirewall(lane, BLACK_HOLE);
    const [program, ...words] = probeCommand(lane, dc, ["-o", "json"]);
    const child = spawn(program!, words, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    try {
      await firstPacketOf(lane);
      await runOk(["ip", "-n", lane.agent, "link", "set", "eth0", "down"]);
      expect(await ended).toEqual([3, null]);
    } finally {
      await connectAgent(lane);
    }
    for (const { state, reason, check } of asked(JSON.parse(stdout) as ReportDocument)) {
      expect({ state, reason }, check).toEqual({ state: "unknown", reason: "no-route" });
    }
  });

  test("two ephemeral ports for all", async ({ lane }) => {
    const usual = (await runOk(inside(lane.agent, ["sysctl", "-n", PORT_RANGE]))).trim();
    await setKernel(lane.agent, { [PORT_RANGE]: "40000 40001" });
    try {
      const { document } = await probe(lane, dc);
      for (const { state, reason, check, outcome, range } of asked(document)) {
        if (state === "unknown" || reason === "no-resources") expect(reason, check).toBe("no-resources");
        else if (range !== undefined) expect(range.filtered, check).toBe(0);
        else if (check !== "netbios-datagram/udp/138") expect(outcome, check).toBe("pass");
      }
    } finally {
      await setKernel(lane.agent, { [PORT_RANGE]: usual });
    }
  });
});

const PORT_RANGE = "net.ipv4.ip_local_port_range";

/** Resolves when the router has seen something of the agent's beside neighbour discovery. */
async function firstPacketOf(lane: Lane): Promise<void> {
  const count = ["add chain inet lab seen { type filter hook prerouting priority -300; }"];
  const rule = 'add rule inet lab seen iifname "agent" meta l4proto { tcp, udp } counter';
  await runOk(inside(lane.router, ["nft", "-f", "-"]), { input: `${[...count, rule].join("\n")}\n` });
  await expect
    .poll(() => runOk(inside(lane.router, ["nft", "list", "chain", "inet", "lab", "seen"])))
    .toMatch(/counter packets [1-9]/);
}
