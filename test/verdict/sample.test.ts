import { describe, expect, it } from "vitest";
import type { PortGroup } from "../../src/model/observation.ts";
import { drawGrid } from "../../src/sweep/sampler.ts";
import { blockedShare } from "../../src/verdict/confidence.ts";
import { type Sample, statementOf } from "../../src/verdict/sample.ts";

const PORTS = Uint16Array.from({ length: 9_968 }, (_, at) => 22_800 + at);

/** So many of the ports, evenly spread, both ends among them. */
function spread(count: number): number[] {
  return Array.from({ length: count }, (_, nth) => PORTS[Math.round((nth * (PORTS.length - 1)) / (count - 1))]!);
}

const closed = (ports: readonly number[]): PortGroup => ({ state: "closed", reason: "port-unreach", ports });
const silent = (ports: readonly number[]): PortGroup => ({ state: "open|filtered", reason: "no-response", ports });
const blocked = (ports: readonly number[]): PortGroup => ({ state: "filtered", reason: "admin-prohibited", ports });

function statement(groups: readonly PortGroup[], more: Partial<Sample> = {}): string | undefined {
  const drawn = Uint16Array.from(groups.flatMap(({ ports }) => ports)).sort();
  return statementOf({ ports: PORTS, drawn, groups, errorQueue: true, ...more });
}

describe("the statement of a sample", () => {
  const drawn = spread(64);

  it("bounds what is blocked where none was", () => {
    expect(statement([closed(drawn)])).toBe("64 of 9,968 asked, none blocked: at most 4.8 % blocked at 95 %");
    expect(statement([closed(spread(31))])).toBe("31 of 9,968 asked, none blocked: at most 9.9 % blocked at 95 %");
    expect(statement([closed(spread(305))])).toBe("305 of 9,968 asked, none blocked: at most 1 % blocked at 95 %");
  });

  it("says between what bounds it lies where some were", () => {
    const { least, most } = blockedShare(8, 62);
    const scattered = drawn.filter((_, nth) => nth % 8 === 4);
    expect(statement([closed(drawn.filter((port) => !scattered.includes(port))), blocked(scattered)])).toBe(
      "64 of 9,968 asked, 8 blocked: 5.7 % to 24 % blocked at 95 %",
    );
    expect([least, most].map((share) => share.toFixed(3))).toEqual(["0.057", "0.239"]);
  });

  it("counts silence over UDP as blocked for the bound, and says so", () => {
    const [quiet, rest] = [drawn.filter((_, nth) => nth % 8 === 4), drawn.filter((_, nth) => nth % 8 !== 4)];
    expect(statement([closed(rest), silent(quiet)])).toBe(
      "64 of 9,968 asked, 8 silent: at most 23 % blocked at 95 %, if all of these are blocked",
    );
    expect(statement([silent(drawn)])).toBe(
      "64 of 9,968 asked, 64 silent: how many are blocked stays open; where asked: 22800-32767 silent",
    );
  });

  it("does not take a refusal whose sender is unseen for a way through", () => {
    expect(statement([closed(drawn)], { errorQueue: false })).toBe(
      "64 of 9,968 asked, 64 refused by an unseen sender: how many are blocked stays open",
    );
  });

  it("does not take an accept that was ended at once for one", () => {
    const ended: PortGroup = { state: "open", reason: "rst-after-accept", ports: drawn.slice(10, 12) };
    expect(statement([closed([...drawn.slice(0, 10), ...drawn.slice(12)]), ended])).toMatch(
      /^64 .*, 2 ended at once: /,
    );
  });

  it("names a block, and whether its edges are known", () => {
    const inBlock = (port: number) => port >= 24_000 && port <= 27_225;
    const groups = [closed(drawn.filter((port) => !inBlock(port))), blocked(drawn.filter(inBlock))];
    const first = drawn.find(inBlock);
    const last = drawn.findLast(inBlock);
    expect(statement(groups)).toMatch(new RegExp(`; where asked: ${first}-${last} blocked$`));
    const sharp = [...groups, closed([23_999, 27_226]), blocked([24_000, 27_225])];
    expect(statement(sharp, { drawn: Uint16Array.from(drawn) })).toMatch(
      /; where asked: 24000-27225 blocked, the ports beside it pass$/,
    );
  });

  it("is none where a drawn port was not asked after all", () => {
    expect(statement([closed(drawn.slice(1))], { drawn: Uint16Array.from(drawn) })).toBeUndefined();
  });
});

/** The same numbers each time: a linear congruential generator (Numerical Recipes, 1992). */
function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
  return { randomBytes: (length: number) => Uint8Array.from({ length }, next) };
}

/**
 * The most ports of a range that can be blocked while a grid still misses all of them more often than in one of twenty
 * runs: of each part so many that the product of the chances stays above 0.05. Each further port of a part costs more
 * than the one before, so that taking the cheapest next one finds the most.
 */
function mostHidden(total: number, size: number): number {
  const parts = size - 2;
  const startOf = (part: number) => Math.floor((part * (total - 2)) / parts);
  const lengths = Array.from({ length: parts }, (_, part) => startOf(part + 1) - startOf(part));
  const hidden = lengths.map(() => 0);
  let left = Math.log(20);
  for (;;) {
    const costs = lengths.map((length, part) => -Math.log1p(-1 / (length - hidden[part]!)));
    const cheapest = costs.indexOf(Math.min(...costs));
    if (!(costs[cheapest]! < left)) return hidden.reduce((sum, count) => sum + count, 0);
    left -= costs[cheapest]!;
    hidden[cheapest]!++;
  }
}

/** What a clean sample of a range of so many ports says is blocked at most, as a share. */
function claimed(total: number, size: number): number {
  const ports = PORTS.subarray(0, total);
  const drawn = Uint16Array.from(drawGrid(total, size, seeded(1)), (at) => ports[at]!);
  const text = statementOf({ ports, drawn, groups: [closed([...drawn])], errorQueue: true });
  return Number(/at most ([\d.]+) %/.exec(text!)![1]) / 100;
}

describe("a jittered grid with both ends", () => {
  it("keeps the bound, however the blocked ports are spread", () => {
    for (let total = 3; total <= 80; total++) {
      for (let size = 3; size <= total; size++) {
        expect(mostHidden(total, size) / total, `${size} of ${total}`).toBeLessThanOrEqual(claimed(total, size));
      }
    }
    for (const size of [31, 64, 305]) {
      expect(mostHidden(9_968, size) / 9_968).toBeLessThanOrEqual(claimed(9_968, size));
      expect(mostHidden(9_968, size) / 9_968).toBeGreaterThan(claimed(9_968, size) - 0.002);
    }
  });
});

describe("in repeated runs over one firewall", () => {
  // One that hides best from a grid: the same share of each part, so that parts are as good as independent draws.
  it.each([
    { share: 0.09, drawn: 31 },
    { share: 0.3, drawn: 31 },
    { share: 0.045, drawn: 64 },
    { share: 0.5, drawn: 64 },
  ])("the truth lies within the bounds at least 95 times of 100: $share of $drawn", ({ share, drawn }) => {
    const { randomBytes } = seeded(drawn);
    const total = 9_968;
    const isBlocked = (at: number) => (at * 0.618_033_988_75) % 1 < share;
    const truth = Array.from({ length: total }, (_, at) => at).filter(isBlocked).length / total;
    const runs = 4_000;
    let held = 0;
    for (let run = 0; run < runs; run++) {
      const hits = drawGrid(total, drawn, { randomBytes }).slice(1, -1).filter(isBlocked).length;
      const { least, most } = blockedShare(hits, drawn - 2);
      if (least <= truth && truth <= most) held++;
    }
    // Three standard deviations of the count below 95 %.
    expect(held / runs).toBeGreaterThanOrEqual(0.95 - 3 * Math.sqrt((0.95 * 0.05) / runs));
  });
});
