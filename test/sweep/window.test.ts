import { describe, expect, it } from "vitest";
import { Window } from "../../src/sweep/window.ts";

function answered(window: Window, ms: number, times: number): number {
  for (let nth = 0; nth < times; nth++) window.answered(ms);
  return window.size;
}

describe("Window", () => {
  it("doubles with every round trip while answers are quick, up to a bound", () => {
    const window = new Window();
    const { size } = window;
    expect(answered(window, 20, size)).toBe(2 * size);
    expect(answered(window, 20, 100_000)).toBe(8_192);
  });

  it("shrinks while answers queue, down to a bound, and opens again when they do not", () => {
    const window = new Window();
    answered(window, 20, 3_000);
    const wide = window.size;
    expect(answered(window, 90, 1_000)).toBe(wide - 1_000);
    expect(answered(window, 90, 100_000)).toBe(256);
    expect(answered(window, 25, 100)).toBe(356);
  });

  it("takes the slowness of the line for no queue", () => {
    const window = new Window();
    const { size } = window;
    expect(answered(window, 600, 100)).toBe(size + 100);
  });

  it("opens while nobody ever answered, and not for a silence beside answers", () => {
    const window = new Window();
    const { size } = window;
    window.silent();
    expect(window.size).toBe(size + 1);
    window.answered(1);
    window.silent();
    expect(window.size).toBe(size + 2);
  });
});
