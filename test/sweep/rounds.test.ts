import { describe, expect, it } from "vitest";
import { Rounds } from "../../src/sweep/rounds.ts";

const indexes = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Asks whatever is to be asked, one at a time, until it is over; gives the order, and how slow each ask was. */
function play(rounds: Rounds, answers: (at: number, askedBefore: number) => boolean, limit = 100_000) {
  const order: number[] = [];
  const slowness: number[] = [];
  for (let at = rounds.peek(); at !== undefined && order.length < limit; at = rounds.peek()) {
    slowness.push(rounds.slowness);
    order.push(at);
    const before = rounds.begin();
    rounds.ended(at, answers(at, before) ? "answered" : "silent");
  }
  return { order, slowness };
}

describe("Rounds", () => {
  it("asks every port once when all answer, neighbours far apart", () => {
    const rounds = new Rounds(indexes(1_000), 2);
    const { order } = play(rounds, () => true);
    expect([...order].sort((a, b) => a - b)).toEqual(indexes(1_000));
    const steps = order.slice(1).map((at, index) => Math.abs(at - order[index]!));
    expect(Math.min(...steps)).toBeGreaterThan(300);
    expect(rounds.silent).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 10, 21, 64])("asks each of %i ports, whatever the number", (count) => {
    expect(new Set(play(new Rounds(indexes(count), 1), () => true).order).size).toBe(count);
  });

  it("is over at once without ports", () => {
    expect(new Rounds([], 2).silent).toEqual([]);
  });

  it("asks a silent port as often as told, then calls it silent", () => {
    const rounds = new Rounds(indexes(10), 3);
    const { order } = play(rounds, (at) => at !== 7);
    expect(order.filter((at) => at === 7)).toHaveLength(3);
    expect(order).toHaveLength(12);
    expect(rounds.silent).toEqual([7]);
  });

  it("asks once only when told so", () => {
    const rounds = new Rounds(indexes(300), 1);
    expect(play(rounds, () => false).order).toHaveLength(300);
    expect(rounds.silent).toHaveLength(300);
  });

  it("goes on as long as a round recovers ports", () => {
    const rounds = new Rounds(indexes(50), 2);
    // Port n answers its n-th ask: each round recovers one of many.
    const { order } = play(rounds, (at, before) => at < 6 && before >= at);
    expect(rounds.silent).toHaveLength(44);
    // Ports 0 to 5 answer one after another, and the round after the last answer brings nothing.
    expect(order.filter((at) => at === 49)).toHaveLength(7);
  });

  it.each([
    { lost: 40, paces: [1, 2] },
    { lost: 17, paces: [1] },
    { lost: 10, paces: [1] },
  ])("of 1,000 ports that answer, $lost by the second ask: paces $paces", ({ lost, paces }) => {
    const rounds = new Rounds(indexes(1_050), 2);
    const { slowness } = play(rounds, (at, before) => at >= 50 && before >= (at < 50 + lost ? 1 : 0));
    expect([...new Set(slowness)]).toEqual(paces);
  });

  it("ends although a port answers again and again after a silence of another", () => {
    const rounds = new Rounds(indexes(400), 2);
    const { order } = play(rounds, (at, before) => before === at % 40);
    expect(order.length).toBeLessThan(20_000);
    expect(rounds.silent).toBeDefined();
  });

  it("asks one in a hundred silent ports again, ten times slower", () => {
    const rounds = new Rounds(indexes(1_000), 2);
    const { order, slowness } = play(rounds, (at) => at % 2 === 0);
    expect(rounds.silent).toHaveLength(500);
    expect(order).toHaveLength(1_000 + 500 + 5);
    expect(slowness.slice(-6)).toEqual([1, 10, 10, 10, 10, 10]);
  });

  it("asks all silent ports again, as slowly, when one of that sample answers", () => {
    const rounds = new Rounds(indexes(1_000), 2);
    const asks = new Map<number, number>();
    // A target that answers nobody in haste.
    const { slowness } = play(rounds, (at) => {
      asks.set(at, (asks.get(at) ?? 0) + 1);
      return rounds.slowness >= 10;
    });
    expect(rounds.silent).toEqual([]);
    expect(slowness.at(-1)).toBe(10);
    expect([...asks.values()].every((count) => count === 3)).toBe(true);
  });

  it("takes a late rejection, of which routers send few, for no sign of haste", () => {
    const rounds = new Rounds(indexes(1_000), 2);
    let slowest = 1;
    // In the guard's sample every port is rejected.
    for (let at = rounds.peek(); at !== undefined; at = rounds.peek()) {
      slowest = Math.max(slowest, rounds.slowness);
      const isGuarding = rounds.isGuarding;
      rounds.begin();
      rounds.ended(at, isGuarding ? "rejected" : "silent");
    }
    expect(slowest).toBe(10);
    expect(rounds.asks).toBe(2_010);
    expect(rounds.silent).toHaveLength(990);
  });

  it("leaves out a port that answered after it had been given up", () => {
    const rounds = new Rounds([4, 5], 2);
    for (const _ of [1, 2]) {
      const at = rounds.peek()!;
      rounds.begin();
      rounds.ended(at, "silent");
    }
    rounds.drop();
    expect(rounds.silent).toBeUndefined();
    const last = rounds.peek()!;
    rounds.begin();
    rounds.ended(last, "silent");
    expect(rounds.silent).toEqual([last]);
  });

  it("asks a port silent early while others are still under way", () => {
    const rounds = new Rounds([0, 1], 2);
    const first = rounds.peek()!;
    rounds.begin();
    const second = rounds.peek()!;
    rounds.begin();
    rounds.ended(first, "silent");
    expect(rounds.peek()).toBe(first);
    rounds.begin();
    rounds.ended(first, "silent");
    expect(rounds.peek()).toBeUndefined();
    expect(rounds.silent).toBeUndefined();
    rounds.ended(second, "answered");
    expect(rounds.silent).toEqual([first]);
  });

  it("tells how many asks are to come", () => {
    const rounds = new Rounds(indexes(100), 2);
    expect(rounds.expectedAsks()).toBe(100);
    for (let count = 0; count < 50; count++) {
      const at = rounds.peek()!;
      rounds.begin();
      rounds.ended(at, count % 2 === 0 ? "answered" : "silent");
    }
    // 50 first asks, half of which will be silent, and the 25 that were.
    expect(rounds.expectedAsks()).toBe(100);
  });
});
