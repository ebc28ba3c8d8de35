import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vote } from "../../src/agent/cell.ts";
import { isFlapping, settle } from "../../src/agent/damping.ts";
import type { Outcome } from "../../src/model/words.ts";

const WORD: Readonly<Record<string, Outcome>> = { P: "pass", F: "fail", I: "inconclusive", E: "error", S: "skipped" };
const votesOf = (letters: string): Vote[] => [...letters].map((letter, atMs) => ({ atMs, outcome: WORD[letter]! }));

interface Step {
  /** `-` while nothing has settled. */
  readonly published: string;
  readonly spent: boolean;
  /** The votes that were not spent before this one, and this one. */
  readonly unspent: string;
}

function stepsOf(letters: string, need = 2, of = 3): Step[] {
  let now: Outcome | undefined;
  let unspent = "";
  return [...letters].map((letter, at) => {
    const votes = unspent + letter;
    const settled = settle(now, votesOf(letters.slice(0, at + 1)), votes.length, { need, of });
    now = settled.published;
    unspent = settled.spent ? "" : votes;
    return { published: now === undefined ? "-" : now[0]!.toUpperCase(), spent: settled.spent, unspent: votes };
  });
}

/** What is published after each of the votes. */
const published = (letters: string, need?: number, of?: number): string =>
  stepsOf(letters, need, of)
    .map((step) => step.published)
    .join("");

describe("the published outcome, 2 of 3", () => {
  it.each([
    ["settles with the second vote that says the same", "PP", "-P"],
    ["settles at the third where one dissents", "FPF", "--F"],
    ["settles as inconclusive when three agree on nothing", "FIE", "--I"],
    ["takes no notice of one bad vote", "PPFPPFPP", "-PPPPPPP"],
    ["changes with two in a row", "PPFFPP", "-PPFFP"],
    ["changes with two of three", "PPFPF", "-PPPF"],
    ["does not stay green when nobody sees a pass", "PPFI", "-PPI"],
    ["never turns green at one pass", "FFIP", "-FFI"],
    ["counts the votes on again after it was inconclusive", "PPFIF", "-PPIF"],
    ["does not follow each vote of one that alternates", "PPFPFPFPFPF", "-PPPFFFPPPF"],
  ])("%s", (_, votes, expected) => {
    expect(published(votes).slice(0, expected.length)).toBe(expected);
  });

  it("follows each vote when it is 1 of 1", () => {
    expect(published("PFIEP", 1, 1)).toBe("PFIEP");
  });
});

const damping = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }))
  .map(([need, more]) => ({ need, of: need + more }));
const letters = fc
  .array(fc.constantFrom("P", "F", "I", "E"), { minLength: 1, maxLength: 60 })
  .map((all) => all.join(""));

describe("whatever the votes are", () => {
  it("publishes a pass or a fail only when N of the last M votes say so", () => {
    fc.assert(
      fc.property(letters, damping, (votes, { need, of }) => {
        const outcomes = published(votes, need, of);
        for (const [at, outcome] of [...outcomes].entries()) {
          if (outcome === "-" || outcome === "I" || outcome === outcomes[at - 1]) continue;
          const window = votes.slice(Math.max(0, at + 1 - of), at + 1);
          expect([...window].filter((vote) => vote === outcome).length).toBeGreaterThanOrEqual(need);
          expect(votes[at]).toBe(outcome);
        }
      }),
    );
  });

  it("lets at least N votes lie between two changes that votes agreed on", () => {
    fc.assert(
      fc.property(letters, damping, (votes, { need, of }) => {
        const spentAt = stepsOf(votes, need, of).flatMap((step, at) => (step.spent ? [at] : []));
        for (const [nth, at] of spentAt.entries()) expect(at - (spentAt[nth - 1] ?? -1)).toBeGreaterThanOrEqual(need);
      }),
    );
  });

  it("never stays with a pass that N of the last M votes contradict", () => {
    fc.assert(
      fc.property(letters, damping, (votes, { need, of }) => {
        for (const [at, step] of stepsOf(votes, need, of).entries()) {
          // Where the newest vote passes, the next one that does not decides.
          if (step.published !== "P" || votes[at] === "P") continue;
          expect([...step.unspent.slice(-of)].filter((vote) => vote !== "P").length).toBeLessThan(need);
        }
      }),
    );
  });

  it("publishes what N votes in a row say", () => {
    fc.assert(
      fc.property(letters, damping, fc.constantFrom("P", "F", "I", "E"), (votes, { need, of }, last) => {
        expect(published(votes + last.repeat(need), need, of).at(-1)).toBe(last);
      }),
    );
  });
});

describe("flapping", () => {
  const steady = "P".repeat(30);
  it.each([
    ["not for a cell that never changed", steady, false, false],
    ["not for two outages in twenty votes", `${steady}FPPPPFPPPP`, false, false],
    ["for three", `${steady}FPPPFPPPFP`, false, true],
    ["not yet over while four of twenty pairs differ", `${steady}FPFP${"P".repeat(16)}`, true, true],
    ["over when fewer differ", `${steady}FPFP${"P".repeat(17)}`, true, false],
    ["not for a young cell that changed five times", "PFPFPF", false, false],
  ])("%s", (_, votes, was, expected) => {
    expect(isFlapping(votesOf(votes), was)).toBe(expected);
  });
});
