import { describe, expect, it } from "vitest";
import type { HopLimitAsk, Sweeper } from "../../src/model/parts.ts";
import { HeldClock } from "./held-clock.ts";
import { check, dialogue, range, scriptedSweeper, stage, TARGET } from "./stage.ts";

const OPEN = 88;
const RESET = [389, 636];
const CANARIES = range(40_000, 40_002, { purpose: "canary" });

/** Ports of `RESET` refuse, all others answer. A reset of a port below 1024 has 64 hops left, all else 63. */
async function askedWith(limits: (port: number) => number | undefined, checks = [OPEN, ...RESET]) {
  const clock = new HeldClock();
  const asked: HopLimitAsk[] = [];
  const sweeper: Sweeper = {
    ...scriptedSweeper(clock).sweeper,
    async hopLimits(ask) {
      asked.push(ask);
      return new Map(ask.ports.flatMap((port) => (limits(port) === undefined ? [] : [[port, limits(port)!]])));
    },
  };
  const report = await stage([...checks.map((port) => check("asks", port)), CANARIES], {
    probers: [dialogue("asks"), { ...dialogue("asks"), kind: "sweep", id: "sweep", payload: () => new Uint8Array(0) }],
    clock,
    sweeper,
    scene: { port: ({ port }) => ({ does: RESET.includes(port) ? "refuses" : "answers", afterMs: 10 }) },
  });
  const warnings = (port: number) => report.of(`asks/tcp/${port}`)[0]!.warnings.filter((text) => text.includes("TTL"));
  return { asked, report, warnings };
}

describe("who sent the reset of a single row", () => {
  it("warns where it bears another TTL than the host's own answers, and changes no state", async () => {
    const { asked, report, warnings } = await askedWith((port) => (RESET.includes(port) ? 64 : 63));
    expect(asked).toEqual([
      { address: TARGET, ports: [...RESET, OPEN, 40_000, 40_001, 40_002], replyTimeoutMs: 1_000 },
    ]);
    const text =
      "2 resets (389,636) carry another TTL (64) than the host's own answers (63): probably forged by a firewall on the way";
    for (const port of RESET) {
      expect(warnings(port)).toEqual([text]);
      expect(report.of(`asks/tcp/${port}`)[0]!.verdict).toMatchObject({ state: "closed", reason: "conn-refused" });
    }
    expect(warnings(OPEN)).toEqual([]);
  });

  it("says nothing where all bear the same, or one row alone does", async () => {
    const alike = await askedWith(() => 63);
    expect(RESET.flatMap(alike.warnings)).toEqual([]);
    const one = await askedWith((port) => (port === 389 ? 64 : 63));
    expect(one.warnings(389)).toHaveLength(1);
    expect(one.warnings(636)).toEqual([]);
  });

  it("says nothing where no hop limit came back", async () => {
    const { warnings } = await askedWith(() => undefined);
    expect(RESET.flatMap(warnings)).toEqual([]);
  });

  it("asks nothing where nothing was reset", async () => {
    const { asked } = await askedWith(() => 63, [OPEN]);
    expect(asked).toEqual([]);
  });
});
