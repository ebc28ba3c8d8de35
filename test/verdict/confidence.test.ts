import { describe, expect, it } from "vitest";
import { atLeastPercent, atMostPercent, blockedShare, mostBlocked } from "../../src/verdict/confidence.ts";

describe("the bound of a clean sample", () => {
  it("is what the chance to miss everything gives", () => {
    for (const drawn of [2, 11, 29, 59, 64, 149, 299, 65_533]) {
      expect(mostBlocked(0, drawn)).toBeCloseTo(1 - 0.05 ** (1 / drawn), 9);
    }
  });

  it("agrees with the rule of three", () => {
    expect(mostBlocked(0, 1_000) * 1_000).toBeCloseTo(2.99, 1);
  });
});

describe("the bounds of a sample with blocked ports", () => {
  it("are those of Clopper and Pearson", () => {
    // As binom.test of R gives them.
    expect(blockedShare(3, 20).least).toBeCloseTo(0.0321, 3);
    expect(blockedShare(3, 20).most).toBeCloseTo(0.3789, 3);
    expect(blockedShare(10, 30).least).toBeCloseTo(0.1729, 3);
    expect(blockedShare(10, 30).most).toBeCloseTo(0.5281, 3);
  });

  it("hold all and nothing", () => {
    expect(blockedShare(10, 10).most).toBe(1);
    expect(blockedShare(0, 10).least).toBe(0);
    expect(mostBlocked(10, 10)).toBe(1);
  });
});

describe("a percentage", () => {
  it.each([
    [1 - 0.05 ** (1 / 62), "4.8 %", "4.7 %"],
    [0.36, "36 %", "36 %"],
    [0.3601, "37 %", "36 %"],
    [1 - 0.05 ** (1 / 299), "1 %", "0.9 %"],
    [0.0003, "0.03 %", "0.03 %"],
    [1, "100 %", "100 %"],
    [0, "0 %", "0 %"],
  ])("of %d is rounded away from what would claim too much", (share, most, least) => {
    expect(atMostPercent(share)).toBe(most);
    expect(atLeastPercent(share)).toBe(least);
  });
});
