import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockWarning, formatOffset } from "../../src/probers/clock.ts";

describe("a clock offset", () => {
  it.each([
    [20, "+0.02 s"],
    [-3_600_000, "-3600.00 s"],
    [0, "+0.00 s"],
  ])("of %d ms is written %s", (offsetMs, text) => {
    expect(formatOffset(offsetMs)).toBe(text);
  });

  it("draws the same warning in both directions, from a minute on and in other words from five", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (offsetMs) => {
        const warning = clockWarning(offsetMs);
        expect(warning).toBe(clockWarning(-offsetMs));
        expect(warning !== undefined).toBe(Math.abs(offsetMs) > 60_000);
        expect(warning?.includes("more than the 300 s") ?? false).toBe(Math.abs(offsetMs) > 300_000);
      }),
    );
  });
});
