import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { TimeLimits } from "../../src/responder/time-limits.ts";

const forEver = (until: AbortSignal) =>
  new Promise<string>((resolve) => until.addEventListener("abort", () => resolve("over"), { once: true }));

it("a time limit holds, whatever the garbage collector does meanwhile", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const limits = new TimeLimits(new AbortController().signal);
  const waits = Array.from({ length: 50 }, () => limits.within(100, forEver));
  for (let turns = 0; turns < 5; turns++) {
    collect();
    await new Promise((turned) => setImmediate(turned));
  }
  expect(new Set(await Promise.all(waits))).toEqual(new Set(["over"]));
});

it("the signal above ends all of them, also those that begin later", async () => {
  const above = new AbortController();
  const limits = new TimeLimits(above.signal);
  const waiting = limits.within(60_000, forEver);
  above.abort();
  expect(await waiting).toBe("over");
  expect(await limits.within(60_000, async (until) => until.aborted)).toBe(true);
});
