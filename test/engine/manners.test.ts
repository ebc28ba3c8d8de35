import { describe, expect, it } from "vitest";
import { HeldClock } from "./held-clock.ts";
import { answers, silent } from "./scripted-net.ts";
import { check, memoryLedger, oneshot, type Staged, stage } from "./stage.ts";

const MINUTE_MS = 60_000;
/** A schedule of a minute begins its runs a little early or late. */
const EARLIEST_MS = 0.98 * MINUTE_MS;
const polite = oneshot("polite", { manners: { minIntervalMs: MINUTE_MS } });
const udp = check("polite", 123, { transport: "udp" });

/** One run after the other, with a ledger and a clock that both share. */
function runs() {
  const shared = { clock: new HeldClock(), ledger: memoryLedger(), probers: [polite] };
  return {
    clock: shared.clock,
    run: (checks = [udp], more: Partial<Parameters<typeof stage>[1]> = {}): Promise<Staged> =>
      stage(checks, { ...shared, ...more }),
  };
}

describe("a prober that must not ask often", () => {
  it("is not sent again too early, and the row says when it can be", async () => {
    const { clock, run } = runs();
    expect((await run()).results[0]?.outcome).toBe("pass");
    clock.nowMs += 20_000;
    const { results, net, exitCode } = await run();
    expect(net.opened).toEqual([]);
    expect(results[0]).toMatchObject({
      outcome: "skipped",
      attempts: 0,
      detail: "not due: asked 20 s ago, again in 40 s",
      skipped: { notDue: true, deliberate: false },
    });
    expect(results[0]).not.toHaveProperty("verdict");
    expect(exitCode).toBe(3);
  });

  it("moves nothing when it is too early, where earlier results are kept", async () => {
    const { run } = runs();
    await run();
    const kept = { options: { keepsEarlier: true } } as const;
    const alone = await run([udp], kept);
    expect(alone.results[0]).toMatchObject({ outcome: "skipped", skipped: { notDue: true, deliberate: true } });
    expect(alone.exitCode).toBe(0);
    const withOthers = await run([udp, check("polite", 124, { transport: "udp" })], kept);
    expect(withOthers).toMatchObject({ exitCode: 0, summary: { pass: 1, skipped: 0 } });
  });

  it("is sent again when it is due, and when the user forces it", async () => {
    const { clock, run } = runs();
    await run();
    expect((await run([udp], { options: { force: true } })).results[0]?.outcome).toBe("pass");
    clock.nowMs += MINUTE_MS;
    expect((await run()).results[0]?.outcome).toBe("pass");
  });

  it("counts from the transaction's start, and its resends are free", async () => {
    const { clock, run } = runs();
    const { net } = await run([udp], { scene: { port: () => silent } });
    expect(net.opened[0]?.sends).toHaveLength(3);
    clock.nowMs = EARLIEST_MS - 1;
    expect((await run()).results[0]?.outcome).toBe("skipped");
    clock.nowMs = EARLIEST_MS;
    expect((await run()).results[0]?.outcome).toBe("pass");
  });

  it.each([
    ["another port", check("polite", 124, { transport: "udp" })],
    ["another transport", check("polite", 123)],
    ["another address", check("polite", 123, { transport: "udp", host: "192.0.2.99" })],
  ])("may ask %s at once", async (_, other) => {
    const { run } = runs();
    await run();
    expect((await run([other])).results[0]?.outcome).toBe("pass");
  });

  it("asks one port once in a run, whatever number of rows want it", async () => {
    const { run } = runs();
    const { results, net } = await run([udp, { ...udp, id: "again/udp/123" }]);
    expect(net.opened).toHaveLength(1);
    expect(results.map(({ outcome }) => outcome)).toEqual(["pass", "skipped"]);
  });

  it("is not held up for ever by a wall clock that went back", async () => {
    const { clock, run } = runs();
    await run();
    clock.wallOffsetMs = -10 * MINUTE_MS;
    expect((await run()).results[0]?.outcome).toBe("pass");
  });
});

it("a prober without such manners is always sent", async () => {
  const probers = [oneshot("plain")];
  const ledger = memoryLedger();
  const clock = new HeldClock();
  for (let round = 0; round < 3; round++) {
    const { results } = await stage([check("plain", 7)], { probers, ledger, clock, scene: { port: () => answers(0) } });
    expect(results[0]?.outcome).toBe("pass");
  }
});
