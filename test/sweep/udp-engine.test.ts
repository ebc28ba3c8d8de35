import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Kind, ROUTER, type Scene, sweepHeld, TARGET } from "./udp-target.ts";

const span = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const DCOM = span(5_000, 5_020);
const WORDS: Readonly<Record<Kind, string>> = {
  closed: "port-unreach",
  silent: "no-response",
  rejected: "admin-prohibited",
  answers: "protocol-reply",
  slow: "protocol-reply",
};
const truth = (scene: Scene, ports: readonly number[]) => ports.map((port) => WORDS[scene.kindOf(port)]);
const each = (kind: Kind): Scene => ({ kindOf: () => kind });
const oneIn = (n: number, kind: Kind, else_: Kind): Scene => ({ kindOf: (port) => (port % n === 0 ? kind : else_) });

describe("a host that refuses six at once and then one a second", () => {
  it("proves 21 closed ports within 1.1 times what that takes", () => {
    const seen = sweepHeld(each("closed"), DCOM);
    expect(seen.words).toEqual(truth(each("closed"), DCOM));
    expect(seen.tookMs).toBeLessThan(1.1 * 15_000);
    expect(seen.offenders).toEqual([{ type: 3, code: 3, from: TARGET }]);
  });

  it("proves the closed ports of a sample, and confirms the silence of the others", () => {
    const scene = oneIn(4, "silent", "closed");
    const ports = Array.from({ length: 30 }, (_, nth) => 22_800 + 341 * nth);
    const seen = sweepHeld(scene, ports);
    expect(seen.words).toEqual(truth(scene, ports));
    expect(seen.confirmed).toEqual(seen.words.map((word) => Number(word === "no-response")));
    const closed = seen.words.filter((word) => word === "port-unreach").length;
    expect(seen.tookMs).toBeLessThan((closed - 6) * 1_000 * 1.1 + 6_000);
  });

  it("asks silent masses in bulk: they cost no error", () => {
    const scene: Scene = { kindOf: (port) => (port < 22_810 ? "closed" : "silent") };
    const ports = span(22_800, 32_767);
    const seen = sweepHeld(scene, ports);
    expect(seen.words).toEqual(truth(scene, ports));
    expect(seen.confirmed.filter(Boolean)).toHaveLength(ports.length - 10);
    expect(seen.tookMs).toBeLessThan(60_000);
    expect(seen.sent.length).toBeLessThan(4 * ports.length);
  });

  it("is not asked faster than the rate allows, nor a silent port again at once", () => {
    const seen = sweepHeld(oneIn(10, "closed", "silent"), span(1, 200), { ratePerS: 50 });
    const first = new Map<number, number>();
    for (const { port, atMs } of seen.sent) if (!first.has(port)) first.set(port, atMs);
    expect([...first.values()].at(-1)).toBeGreaterThan((200 / 50 - 0.1) * 1_000);
    for (const port of span(1, 200).filter((each) => each % 10 !== 0)) {
      const asks = seen.sent.filter((sent) => sent.port === port);
      const gaps = asks.slice(1).map(({ atMs }, nth) => atMs - asks[nth]!.atMs);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60);
    }
  });
});

describe("a pace that is learned", () => {
  it("rises where the host answers faster, so that 9,968 closed ports take seconds", () => {
    const ports = span(22_800, 32_767);
    const seen = sweepHeld({ ...each("closed"), perS: 1_000, burst: 50 }, ports);
    expect(seen.words).toEqual(truth(each("closed"), ports));
    expect(seen.tookMs).toBeLessThan(60_000);
    expect(seen.perS).toBeGreaterThan(100);
  });

  it("does not stay above what the host gives, at 10 a second either", () => {
    const ports = span(1, 300);
    const seen = sweepHeld({ ...each("closed"), perS: 10 }, ports);
    expect(seen.words).toEqual(truth(each("closed"), ports));
    expect(seen.perS).toBeLessThanOrEqual(16);
    expect(seen.tookMs).toBeLessThan(2.5 * 30_000);
  });

  it("falls where others use up the errors, and no closed port is called silent", () => {
    const seen = sweepHeld({ ...oneIn(3, "silent", "closed"), busyMs: [1_500, 8_000] }, DCOM);
    expect(seen.words).toEqual(truth(oneIn(3, "silent", "closed"), DCOM));
  });

  it("begins with what other rows have left", () => {
    const seen = sweepHeld({ ...each("closed"), burst: 1 }, span(1, 10), { icmpBudget: { tokens: 0, perS: 1 } });
    expect(seen.words).toEqual(truth(each("closed"), span(1, 10)));
    expect(seen.tookMs).toBeLessThan(12_000);
  });

  it("trusts no budget that is not there: the first six are asked again", () => {
    const scene: Scene = { ...oneIn(4, "silent", "closed"), burst: 1 };
    const seen = sweepHeld(scene, DCOM, { icmpBudget: { tokens: 6, perS: 1 } });
    expect(seen.words).toEqual(truth(scene, DCOM));
    // Fifteen errors at one a second, one of them at once: what is gone is not taken for a slower host.
    expect(seen.tookMs).toBeLessThan(1.3 * 14_000 + 4_000);
  });
});

describe("silence", () => {
  it("is not confirmed where no port is ever refused, and ends after as many asks as were wanted", () => {
    const seen = sweepHeld(each("silent"), DCOM);
    expect(seen.words).toEqual(truth(each("silent"), DCOM));
    expect(seen.confirmed.some(Boolean)).toBe(false);
    expect(seen.sent).toHaveLength(3 * DCOM.length);
    expect(seen.tookMs).toBeLessThan(6_000);
  });

  it("is taken as it is when no error comes any more", () => {
    const seen = sweepHeld({ ...each("closed"), burst: 1, perS: 1e-6 }, DCOM);
    expect(seen.words.filter((word) => word === "port-unreach")).toHaveLength(1);
    expect(seen.words.filter((word) => word === "no-response")).toHaveLength(20);
    expect(seen.confirmed.some(Boolean)).toBe(false);
    expect(seen.tookMs).toBeLessThan(120_000);
  });

  it("of ports beside answers and rejections is told apart from both", () => {
    const kinds: readonly Kind[] = ["closed", "silent", "rejected", "answers", "slow"];
    const scene: Scene = { kindOf: (port) => kinds[port % kinds.length]! };
    const ports = span(1, 60);
    const seen = sweepHeld(scene, ports);
    expect(seen.words).toEqual(truth(scene, ports));
    expect(seen.offenders).toContainEqual(ROUTER);
  });
});

it("is right for any mixture, round trip and loss, whatever the budget is", () => {
  const scenes = fc.record({
    kinds: fc.array(fc.constantFrom<Kind>("closed", "silent", "rejected", "answers"), { minLength: 1, maxLength: 60 }),
    rttMs: fc.integer({ min: 0, max: 400 }),
    perS: fc.constantFrom(0.5, 1, 10, 1_000),
    burst: fc.constantFrom(1, 6, 50),
    lostPerMille: fc.constantFrom(0, 5),
    tokens: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(
    fc.property(scenes, ({ kinds, tokens, ...rest }) => {
      const scene: Scene = { ...rest, kindOf: (port) => kinds[port - 1]! };
      const ports = span(1, kinds.length);
      const seen = sweepHeld(scene, ports, { icmpBudget: { tokens, perS: 1 } });
      for (const [at, word] of seen.words.entries()) {
        const should = WORDS[kinds[at]!];
        // An error that never came is a silence that nobody may call anything else.
        if (word !== should) expect(word).toBe("no-response");
        // Nor is it confirmed, unless it was lost on the way, which is just what a confirmed silence says.
        if (word === "no-response" && (kinds[at] === "silent" || rest.lostPerMille > 0)) continue;
        expect(seen.confirmed[at]).toBe(0);
      }
    }),
    { numRuns: 150 },
  );
});
