import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace } from "../../src/sweep/pace.ts";

/** Takes `count` tokens as soon as each is there; gives the times. */
function takes(pace: Pace, count: number, fromMs: number): number[] {
  const times: number[] = [];
  for (let nowMs = fromMs; times.length < count; ) {
    const waitMs = pace.waitMs(nowMs);
    nowMs += waitMs;
    if (waitMs > 0) continue;
    pace.take(nowMs);
    times.push(nowMs);
  }
  return times;
}

describe("Pace", () => {
  it("lets a burst through and then keeps the rate", () => {
    expect(takes(new Pace({ perS: 10, burst: 3, tokens: 3 }, 0), 6, 0)).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it("starts with what there is", () => {
    expect(takes(new Pace({ perS: 10, burst: 3, tokens: 1 }, 500), 3, 500)).toEqual([500, 600, 700]);
    expect(takes(new Pace({ perS: 10, burst: 1, tokens: 0 }, 0), 2, 0)).toEqual([100, 200]);
  });

  it("a token that came back can be taken at once; one that is owed is waited for", () => {
    const pace = new Pace({ perS: 1, burst: 1, tokens: 1 }, 0);
    pace.take(0);
    expect(pace.waitMs(0)).toBe(1_000);
    pace.giveBack();
    expect(pace.waitMs(0)).toBe(0);
    pace.take(0);
    pace.take(0);
    expect(pace.waitMs(500)).toBe(1_500);
  });

  it("never gives more in any span of time than the burst and the rate allow", () => {
    const limits = fc.record({ perS: fc.integer({ min: 1, max: 5_000 }), burst: fc.integer({ min: 1, max: 50 }) });
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(limits, pauses, ({ perS, burst }, gaps) => {
        const pace = new Pace({ perS, burst, tokens: burst }, 0);
        const times: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          times.push(...takes(pace, 1, nowMs));
          nowMs = times.at(-1)!;
        }
        for (let first = 0; first < times.length; first++) {
          const spanMs = times.at(-1)! - times[first]!;
          expect(times.length - first).toBeLessThanOrEqual(burst + (spanMs / 1_000) * perS + 1e-6);
        }
      }),
    );
  });
});
