import { describe, expect, it } from "vitest";
import { IcmpBudget, TargetBudgets } from "../../src/engine/icmp-budget.ts";
import { HeldClock } from "./held-clock.ts";
import { answers, refuses, type Scene, silent } from "./scripted-net.ts";
import { check, oneshot, range, scriptedSweeper, stage, sweep } from "./stage.ts";

describe("the budget of ICMP errors", () => {
  it("holds six, and gains one a second", () => {
    const budget = new IcmpBudget(0);
    budget.note(0, 6);
    expect(budget.allowance(0)).toEqual({ tokens: 0, perS: 1 });
    expect(budget.refillMs(0)).toBe(1_000);
    expect(budget.refillMs(400)).toBe(600);
    expect(budget.allowance(2_500).tokens).toBe(2);
    expect(budget.allowance(60_000).tokens).toBe(6);
  });

  it("makes every later silence doubtful once it was spent", () => {
    const budget = new IcmpBudget(0);
    budget.note(0, 5);
    expect(budget.mayBeSpent(0)).toBe(false);
    budget.note(0);
    expect(budget.mayBeSpent(0)).toBe(true);
    budget.note(60_000);
    expect(budget.mayBeSpent(0)).toBe(true);
  });

  it("says nothing of a silence that began when it had tokens again", () => {
    const budget = new IcmpBudget(0);
    budget.note(0, 6);
    expect(budget.mayBeSpent(999)).toBe(true);
    expect(budget.mayBeSpent(1_000)).toBe(false);
  });
});

describe("the budgets that one target's rows spend", () => {
  const ROUTER = { type: 3, code: 10, from: "192.0.2.1" };
  function twoTargets() {
    const all = new Map<string, IcmpBudget>();
    const budgetOf = (address: string) => all.get(address) ?? all.set(address, new IcmpBudget(0)).get(address)!;
    return [new TargetBudgets("192.0.2.10", budgetOf, 0), new TargetBudgets("192.0.2.11", budgetOf, 0)] as const;
  }

  it("are its own, and that of each router that was heard about it", () => {
    const [target, other] = twoTargets();
    target.note(0, ROUTER, 4);
    expect(target.allowance(0)).toEqual({ tokens: 2, perS: 1 });
    expect(other.allowance(0)).toEqual({ tokens: 6, perS: 1 });
    expect(target.senders).toEqual(["192.0.2.10", "192.0.2.1"]);
  });

  it("of a router are one, whatever lies behind it", () => {
    const [target, other] = twoTargets();
    target.note(0, ROUTER, 5);
    other.note(0, ROUTER);
    expect([target.mayBeSpent, other.mayBeSpent]).toEqual([true, true]);
    expect(target.refillMs(0)).toBe(1_000);
  });

  it("are those of the target where nobody saw who sent the error", () => {
    const [target] = twoTargets();
    target.note(0, undefined, 6);
    expect(target.senders).toEqual(["192.0.2.10"]);
    expect(target.allowance(0).tokens).toBe(0);
  });

  it("are what a sweep has learned, from then on", () => {
    const [target] = twoTargets();
    target.learn({ tokens: 2, perS: 100 }, 0);
    expect(target.allowance(0)).toEqual({ tokens: 2, perS: 100 });
    expect(target.allowance(30).tokens).toBe(5);
  });
});

const echo = oneshot("echo");
const udp = (port: number) => check("echo", port, { transport: "udp" });
const CLOSED = [1, 2, 3, 4, 5, 6];

/** Six ports refuse at once; port 7 is silent at first, and then does this. */
const withheld = (then: Scene["port"]): Scene => ({
  port: (to, before) => (to.port !== 7 ? refuses() : before === 0 ? silent : then(to, before)),
});

describe("a UDP row that stayed silent", () => {
  it("after six refusals is asked again when the target can refuse again", async () => {
    const { of, net, told, seen } = await stage([...CLOSED, 7].map(udp), {
      probers: [echo],
      scene: withheld(() => refuses()),
    });
    const asked = net.opened.filter(({ to }) => to.port === 7).map(({ atMs }) => atMs);
    expect(asked).toEqual([0, 6_000]);
    expect(of("echo/udp/7")[0]?.verdict).toMatchObject({ state: "closed", reason: "port-unreach" });
    expect(told.filter((result) => result.check.id === "echo/udp/7")).toHaveLength(1);
    expect(seen.filter((one) => one.check.id === "echo/udp/7")).toHaveLength(1);
  });

  it("is asked again once, and stays what it is", async () => {
    const { of, net } = await stage([...CLOSED, 7].map(udp), { probers: [echo], scene: withheld(() => silent) });
    expect(net.opened.filter(({ to }) => to.port === 7)).toHaveLength(2);
    expect(of("echo/udp/7")[0]?.verdict?.state).toBe("open|filtered");
  });

  it("waits for the budget before it is asked again, each row for its own token", async () => {
    const quick = oneshot("quick", { schedule: { sendsAtMs: [0], giveUpMs: 100, replyFrom: "same" } });
    const { net } = await stage(
      [...CLOSED, 7, 8].map((port) => check("quick", port, { transport: "udp" })),
      {
        probers: [quick],
        scene: { port: ({ port }, before) => (port < 7 || before > 0 ? refuses() : silent) },
      },
    );
    const again = net.opened.filter(({ to }) => to.port >= 7).slice(2);
    expect(again.map(({ atMs }) => atMs)).toEqual([1_010, 2_010]);
  });

  it("after five refusals says what it says: the target could have refused", async () => {
    const { net } = await stage([1, 2, 3, 4, 5, 7].map(udp), { probers: [echo], scene: withheld(() => refuses()) });
    expect(net.opened.filter(({ to }) => to.port === 7)).toHaveLength(1);
  });

  it("is not asked again over TCP, whose resets no budget limits", async () => {
    const { net } = await stage(
      [...CLOSED, 7].map((port) => check("echo", port)),
      {
        probers: [echo],
        scene: withheld(() => refuses()),
      },
    );
    expect(net.opened).toHaveLength(7);
  });

  it("is asked again also by a prober with manners: it is the same transaction once more", async () => {
    const polite = oneshot("polite", { manners: { minIntervalMs: 60_000 } });
    const { of, net } = await stage([...CLOSED.map(udp), check("polite", 7, { transport: "udp" })], {
      probers: [echo, polite],
      scene: withheld(() => answers()),
    });
    expect(net.opened.filter(({ to }) => to.port === 7)).toHaveLength(2);
    expect(of("polite/udp/7")[0]?.verdict?.state).toBe("open");
  });

  it("that ended before the budget was seen to be spent is asked again as well, and told once", async () => {
    const quick = oneshot("quick", { schedule: { sendsAtMs: [0], giveUpMs: 100, replyFrom: "same" } });
    const { net, seen } = await stage([check("quick", 7, { transport: "udp" }), ...CLOSED.map(udp)], {
      probers: [quick, echo],
      scene: { port: ({ port }) => (port === 7 ? silent : refuses(500)) },
    });
    expect(net.opened.filter(({ to }) => to.port === 7)).toHaveLength(2);
    expect(seen.filter((one) => one.check.id === "quick/udp/7")).toHaveLength(1);
  });
});

describe("a range", () => {
  it("comes after all single ports, with what they left of the budget", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock);
    await stage([range(5_000, 5_020, { transport: "udp" }), ...CLOSED.slice(0, 4).map(udp), udp(9)], {
      probers: [echo, sweep],
      clock,
      sweeper,
      scene: { port: ({ port }) => (port === 9 ? answers(1_500) : refuses(1_490)) },
    });
    // Four of the six were spent just now.
    expect(jobs).toMatchObject([{ transport: "udp", atMs: 1_500, icmpBudget: { tokens: 2, perS: 1 } }]);
  });

  it("over UDP waits for the one before, and finds the budget that it left", async () => {
    const clock = new HeldClock();
    const { sweeper, jobs } = scriptedSweeper(clock, "port-unreach");
    await stage([range(5_000, 5_020, { transport: "udp" }), range(6_000, 6_020, { transport: "udp" })], {
      probers: [sweep],
      clock,
      sweeper,
    });
    expect(jobs.map(({ atMs, icmpBudget }) => [atMs, icmpBudget.tokens])).toEqual([
      [0, 6],
      [1_000, 0],
    ]);
  });
});
