import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Icmp, SweepJob, SweepSeen } from "../../src/model/observation.ts";
import { REASONS, type Reason } from "../../src/model/words.ts";
import { createSampler, drawGrid } from "../../src/sweep/sampler.ts";
import { job, never } from "./sweeping.ts";

/** Random numbers from a seed: SplitMix32, Steele and others, OOPSLA 2014. */
function seeded(seed: number): { randomBytes(length: number): Uint8Array } {
  let state = seed;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return { randomBytes: (length) => Uint8Array.from({ length }, next) };
}

const ROUTER: Icmp = { type: 3, code: 13, from: "192.0.2.1" };

/** A firewall in front of closed ports, and what was asked through it, round by round. */
function firewall(reasonOf: (port: number) => Reason | undefined) {
  const asked: SweepJob[] = [];
  const sweep = async (one: SweepJob): Promise<SweepSeen> => {
    asked.push(one);
    const reasons = Array.from(one.ports, (port) => reasonOf(port) ?? "conn-refused");
    return {
      codes: Uint8Array.from(reasons, (reason) => REASONS.indexOf(reason) + 1),
      offenderOf: Uint16Array.from(reasons, (reason) => (reason === "admin-prohibited" ? 1 : 0)),
      offenders: [ROUTER],
      errorQueue: true,
      sent: one.ports.length,
    };
  };
  // A control is asked again on purpose, behind the ports that are asked for their own sake.
  const ports = () => asked.flatMap(({ ports: each }, round) => [...each].filter((port) => !isControl(port, round)));
  const isControl = (port: number, round: number) =>
    asked.slice(0, round).some((before) => before.ports.includes(port));
  return { asked, ports, sweeper: { sweep } };
}

const span = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

function sampled(
  transport: "tcp" | "udp",
  ports: readonly number[],
  sample: number,
  inner: ReturnType<typeof firewall>,
  seed = 1,
) {
  return createSampler(inner.sweeper, seeded(seed)).sweep(job(transport, ports, { sample }), () => {}, never);
}

describe("the grid", () => {
  const sizes = fc.integer({ min: 3, max: 400 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      total: fc.integer({ min: size, max: 65_535 }),
      seed: fc.integer(),
    }),
  );

  it("has both ends, no port twice, and one port of each part", () => {
    fc.assert(
      fc.property(sizes, ({ size, total, seed }) => {
        const grid = drawGrid(total, size, seeded(seed));
        expect(grid).toHaveLength(size);
        expect(new Set(grid).size).toBe(size);
        expect([grid[0], grid.at(-1)]).toEqual([0, total - 1]);
        // No gap is longer than two parts.
        const longest = Math.max(...grid.slice(1).map((at, nth) => at - grid[nth]!));
        expect(longest).toBeLessThanOrEqual(2 * Math.ceil((total - 2) / (size - 2)));
      }),
    );
  });

  it("draws each port of a part equally often", () => {
    const drawn = new Map<number, number>();
    for (let seed = 0; seed < 9_000; seed++) {
      const [, second] = drawGrid(11, 5, seeded(seed));
      drawn.set(second!, (drawn.get(second!) ?? 0) + 1);
    }
    expect([...drawn.keys()].sort()).toEqual([1, 2, 3]);
    for (const count of drawn.values()) expect(Math.abs(count - 3_000)).toBeLessThan(200);
  });
});

describe("a sample", () => {
  it("asks nothing but the grid where nothing is blocked", async () => {
    const inner = firewall(() => undefined);
    const seen = await sampled("tcp", span(1_024, 65_535), 301, inner);
    expect(inner.asked).toHaveLength(1);
    expect(seen.sample).toEqual(inner.asked[0]!.ports);
    expect([...seen.codes].filter((code) => code > 0)).toHaveLength(301);
    expect(seen).toMatchObject({ sent: 301, errorQueue: true });
    expect([seen.codes[0], seen.codes.at(-1)]).not.toContain(0);
  });

  it("is no sample where the range is not longer, or none was asked for", async () => {
    for (const sample of [undefined, 21, 400]) {
      const inner = firewall(() => undefined);
      const asked = job("tcp", span(5_000, 5_020), sample === undefined ? {} : { sample });
      const seen = await createSampler(inner.sweeper, seeded(1)).sweep(asked, () => {}, never);
      expect(inner.ports()).toEqual(span(5_000, 5_020));
      expect(inner.asked[0]).not.toHaveProperty("sample");
      expect(seen.sample).toBeUndefined();
    }
  });

  it.each(["tcp", "udp"] as const)(
    "over %s asks no port twice, and finds every edge of what is blocked",
    async (transport) => {
      const size = transport === "tcp" ? 301 : 31;
      const scenes = fc.record({
        seed: fc.integer(),
        total: fc.integer({ min: 1_025, max: 64_000 }),
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        reason: fc.constantFrom<Reason>("no-response", "admin-prohibited"),
      });
      await fc.assert(
        fc.asyncProperty(scenes, async ({ seed, total, from, share, reason }) => {
          // As long as two parts of the grid, so that it cannot fall between two of its ports.
          const least = 2 * Math.ceil((total - 2) / (size - 2));
          const length = Math.min(total, least + Math.floor(share * total));
          const first = 1_024 + Math.floor(from * (total - length));
          const isBlocked = (port: number) => port >= first && port < first + length;
          const inner = firewall((port) => (isBlocked(port) ? reason : undefined));
          const ports = span(1_024, 1_023 + total);
          const seen = await sampled(transport, ports, size, inner, seed);
          const asked = inner.ports();
          expect(new Set(asked).size).toBe(asked.length);
          const edges = [first - 1, first, first + length - 1, first + length];
          for (const port of edges.filter((edge) => ports.includes(edge))) expect(asked).toContain(port);
          for (const [at, port] of ports.entries()) {
            const expected = asked.includes(port) ? REASONS.indexOf(isBlocked(port) ? reason : "conn-refused") + 1 : 0;
            if (seen.codes[at] !== expected) expect(seen.codes[at]).toBe(expected);
          }
          expect(asked.length).toBeLessThanOrEqual(size + (transport === "tcp" ? 6 * 2 * 15 : 10 * 2 * 5));
        }),
        { numRuns: 60 },
      );
    },
  );

  it("narrows the edges of the longest blocks first, and bounds what it asks where every other port is blocked", async () => {
    const inner = firewall((port) => (port % 2 === 0 ? "no-response" : undefined));
    await sampled("udp", span(22_800, 32_767), 31, inner);
    expect(inner.ports().length).toBeLessThanOrEqual(31 + 4 * 10 * 5);
    const longest = firewall((port) => (port >= 40_000 || port % 50 === 0 ? "no-response" : undefined));
    await sampled("udp", span(1_025, 65_535), 31, longest);
    expect(longest.ports()).toContain(40_000);
  });

  it("keeps who rejected each port, over all rounds", async () => {
    const inner = firewall((port) => (port < 24_000 ? "admin-prohibited" : undefined));
    const seen = await sampled("udp", span(22_800, 32_767), 31, inner);
    for (const [at, code] of seen.codes.entries()) {
      const offender = seen.offenders[seen.offenderOf[at]! - 1];
      expect(offender).toEqual(code === REASONS.indexOf("admin-prohibited") + 1 ? ROUTER : undefined);
    }
  });

  it("asks a port that is known to be refused along with each gap over UDP, to tell silence from haste", async () => {
    const inner = firewall((port) => (port < 24_000 ? "no-response" : "port-unreach"));
    const seen = await sampled("udp", span(22_800, 32_767), 31, inner);
    for (const { ports } of inner.asked.slice(1)) {
      const controls = [...ports].filter((port) => inner.asked[0]!.ports.includes(port));
      expect(controls).toHaveLength(1);
      expect(controls[0]).toBeGreaterThanOrEqual(24_000);
    }
    expect(seen.codes.filter((code) => code > 0)).toHaveLength(inner.ports().length);
  });

  it("goes on with what the target may still refuse", async () => {
    const inner = firewall((port) => (port < 24_000 ? "no-response" : undefined));
    const frugal = {
      sweep: async (one: SweepJob) => ({ ...(await inner.sweeper.sweep(one)), icmpBudget: { tokens: 2, perS: 4 } }),
    };
    const asked = job("udp", span(22_800, 32_767), { sample: 31 });
    await createSampler(frugal, seeded(1)).sweep(asked, () => {}, never);
    expect(inner.asked[0]?.icmpBudget).toEqual({ tokens: 1_000, perS: 1_000 });
    expect(inner.asked[1]?.icmpBudget).toEqual({ tokens: 2, perS: 4 });
  });

  it("stops after the round in which it is told to", async () => {
    const stop = new AbortController();
    const inner = firewall((port) => (port < 24_000 ? "no-response" : undefined));
    const stopping = {
      sweep: (one: SweepJob) => {
        stop.abort();
        return inner.sweeper.sweep(one);
      },
    };
    const asked = job("udp", span(22_800, 32_767), { sample: 31 });
    await createSampler(stopping, seeded(1)).sweep(asked, () => {}, stop.signal);
    expect(inner.asked).toHaveLength(1);
  });

  it("leaves an edge alone where our own side cannot tell", async () => {
    const inner = firewall((port) => (port < 24_000 ? "no-response" : port < 26_000 ? "no-resources" : undefined));
    await sampled("udp", span(22_800, 32_767), 31, inner);
    expect(inner.asked).toHaveLength(1);
  });
});
