import { describe, expect, it } from "vitest";
import { Deadlines } from "../../src/sweep/deadlines.ts";
import { Descriptors } from "../../src/sweep/descriptors.ts";
import { ReplyTime } from "../../src/sweep/reply-time.ts";

function timeoutAfter(...answersMs: number[]): number | undefined {
  const replyTime = new ReplyTime();
  for (const ms of answersMs) replyTime.note(ms);
  return replyTime.timeoutMs;
}

describe("ReplyTime", () => {
  it("knows nothing before the first answer, and is never impatient", () => {
    expect(timeoutAfter()).toBeUndefined();
    expect(timeoutAfter(0.05)).toBe(60);
  });

  it("gives four round trips, and follows them", () => {
    expect(timeoutAfter(100)).toBe(400);
    expect(timeoutAfter(100, 200)).toBeCloseTo(4 * 112.5);
  });

  it("does not take an answer to the kernel's repetition for a slow one, unless there are no others", () => {
    expect(timeoutAfter(20, 1_020)).toBe(80);
    expect(timeoutAfter(1_020, 1_030)).toBeGreaterThan(4_000);
    expect(timeoutAfter(1_020, 20)).toBe(80);
  });
});

describe("Deadlines", () => {
  it("gives what waited long enough, the oldest first, once", () => {
    const deadlines = new Deadlines();
    for (const [key, atMs] of [
      [7, 0],
      [8, 10],
      [9, 20],
    ] as const)
      deadlines.add(key, atMs);
    expect(deadlines.dueInMs(5, 30)).toBe(25);
    expect([...deadlines.expired(40, 30)]).toEqual([
      { key: 7, ageMs: 40 },
      { key: 8, ageMs: 30 },
    ]);
    expect(deadlines.isEmpty).toBe(false);
    expect([...deadlines.expired(50, 30)].map(({ key }) => key)).toEqual([9]);
    expect([deadlines.isEmpty, deadlines.dueInMs(50, 30)]).toEqual([true, Number.POSITIVE_INFINITY]);
  });

  it("keeps its order over tens of thousands", () => {
    const deadlines = new Deadlines();
    const seen: number[] = [];
    for (let key = 0; key < 30_000; key++) {
      deadlines.add(key, key);
      for (const { key: old } of deadlines.expired(key, 100)) seen.push(old);
    }
    expect(seen).toEqual(Array.from({ length: 29_900 }, (_, key) => key));
  });
});

describe("Descriptors", () => {
  /** Takes as many as there are for one holder. */
  const fill = (descriptors: Descriptors, held = 0): number => {
    let count = held;
    while (descriptors.take(count)) count++;
    return count;
  };

  it("keeps 256 spare, and half where there are few", () => {
    expect(fill(new Descriptors(1_024))).toBe((1_024 - 64 - 256) / 2 + 1);
    expect(fill(new Descriptors(256))).toBe(33);
    expect(fill(new Descriptors(64))).toBe(1);
  });

  it("leaves some for the next, and has them back", () => {
    const descriptors = new Descriptors(1_024);
    const first = fill(descriptors);
    const second = fill(descriptors);
    expect([first, second]).toEqual([353, 176]);
    expect(descriptors.share(second)).toBe(176);
    descriptors.giveBack(first);
    expect(fill(descriptors, second)).toBeGreaterThan(300);
  });
});
