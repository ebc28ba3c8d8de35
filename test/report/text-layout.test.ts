import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runDocument } from "../../src/report/run-document.ts";
import { table } from "../../src/report/table.ts";
import { durationText, hanging, plural, shortPorts, widthOf, wrap } from "../../src/report/text-layout.ts";
import { manyHosts, noSuchName, oneTarget, sampleRun, TOOL } from "./sample-run.ts";

describe("wrap", () => {
  it("breaks at blanks", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  });

  it("keeps a unit with its number", () => {
    expect(wrap("done in 1.6 s", 11)).toEqual(["done in", "1.6 s"]);
    expect(wrap("at 31 % of 5 so", 5)).toEqual(["at", "31 %", "of 5", "so"]);
  });

  it("cuts a long word, at a comma where it has one", () => {
    expect(wrap("5000-5020,6000,7000", 12)).toEqual(["5000-5020,", "6000,7000"]);
    expect(wrap("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
  });

  it("leaves room in the first line", () => {
    expect(wrap("one two three", 7, 4)).toEqual(["one", "two", "three"]);
  });

  it("loses no character and no line is too long", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (text, width, first) => {
          const lines = wrap(text, width, Math.min(first, width));
          expect(lines.every((line) => widthOf(line) <= width)).toBe(true);
          expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
        },
      ),
    );
  });
});

describe("hanging", () => {
  it("indents further lines as far as the prefix reaches", () => {
    expect(hanging("warning: ", "one two", 13)).toEqual(["warning: one", "         two"]);
  });
});

describe("plural", () => {
  it("counts", () => {
    expect([0, 1, 2, 1_234_567].map((count) => plural(count, "byte"))).toEqual([
      "0 bytes",
      "1 byte",
      "2 bytes",
      "1,234,567 bytes",
    ]);
  });
});

describe("the table", () => {
  it.each([
    ["one target", oneTarget()],
    ["two addresses", sampleRun()],
    ["many hosts", manyHosts(7)],
    ["no such name", noSuchName()],
  ])("keeps to the width: %s", (_name, report) => {
    const document = runDocument(report, TOOL);
    for (const verbose of [false, true]) {
      for (let width = 60; width <= 200; width += 7) {
        const lines = table({ color: false, width, verbose }).end(document).split("\n");
        expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
      }
    }
  });

  it("takes 60 columns where there are fewer", () => {
    const document = runDocument(oneTarget(), TOOL);
    const [narrow, least] = [10, 60].map((width) => table({ color: false, width }).end(document));
    expect(narrow).toBe(least);
  });
});

describe("what is long", () => {
  it.each([
    [400, "0.4 s"],
    [34_000, "34 s"],
    [119_900, "119.9 s"],
    [330_000, "5.5 min"],
    [9_971_000, "2.8 h"],
  ])("%d ms is %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("of a list of ports the beginning is shown, and how much more there is", () => {
    const runs = Array.from({ length: 30 }, (_, nth) => `${1_000 + 10 * nth}-${1_004 + 10 * nth}`);
    expect(shortPorts("22801,22810-22815")).toBe("22801,22810-22815");
    expect(shortPorts(runs.join(","))).toBe(`${runs.slice(0, 24).join(",")} and 6 more`);
  });
});
