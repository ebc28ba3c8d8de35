import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPorts } from "../../src/model/ports.ts";
import { parsePorts, pictureOf } from "../../src/page/port-picture.ts";
import type { RangeEntry } from "../../src/report/document.ts";

function range(ports: RangeEntry["ports"]): RangeEntry {
  return { total: 0, tested: 0, open: 0, closed: 0, filtered: 0, openFiltered: 0, unknown: 0, ports };
}

describe("the picture of a range", () => {
  it("has one unit for each port, and marks where they lie", () => {
    const picture = pictureOf(range({ open: "5000-5002", closed: "5003-5018", filtered: "5019-5020" }), "5000-5020");
    expect(picture).toEqual({
      length: 21,
      portsPerUnit: 1,
      marks: [
        { at: 0, length: 3, state: "open" },
        { at: 3, length: 16, state: "closed" },
        { at: 19, length: 2, state: "filtered" },
      ],
      ticks: [5000, 5005, 5010, 5015, 5020].map((port) => ({ port, at: port - 5000 })),
    });
  });

  it("leaves out the ports between spans, and those of the other parity", () => {
    const picture = pictureOf(range({ closed: "80,16384,16386", filtered: "443,16388" }), "80,443,16384-16388/even");
    expect(picture.length).toBe(5);
    expect(picture.marks).toEqual([
      { at: 0, length: 1, state: "closed" },
      { at: 1, length: 1, state: "filtered" },
      { at: 2, length: 2, state: "closed" },
      { at: 4, length: 1, state: "filtered" },
    ]);
    expect(picture.ticks.map(({ port }) => port)).toEqual([80, 443, 16384, 16386, 16388]);
  });

  it("leaves a gap where a port was not asked", () => {
    expect(pictureOf(range({ closed: "1,5" }), "1-5").marks).toEqual([
      { at: 0, length: 1, state: "closed" },
      { at: 4, length: 1, state: "closed" },
    ]);
  });

  it("marks exactly the ports of each state", () => {
    const ports = fc.uniqueArray(fc.integer({ min: 2_000, max: 2_400 }), { maxLength: 200 });
    fc.assert(
      fc.property(ports, (filtered) => {
        const { marks } = pictureOf(range({ filtered: formatPorts(filtered) }), "2000-2400");
        const marked = marks.flatMap(({ at, length }) => Array.from({ length }, (_, unit) => 2_000 + at + unit));
        expect(marked).toEqual([...filtered].sort((a, b) => a - b));
      }),
    );
  });

  it("draws too many marks together, and never hides a blocked one", () => {
    const closed = Array.from({ length: 20_000 }, (_, at) => 10_000 + 2 * at).filter((port) => port !== 30_000);
    const picture = pictureOf(range({ closed: formatPorts(closed), filtered: "30000" }), "10000-49999");
    expect(picture.portsPerUnit).toBeGreaterThan(1);
    expect(picture.marks.length).toBeLessThanOrEqual(750);
    const blocked = picture.marks.filter(({ state }) => state === "filtered");
    expect(blocked).toHaveLength(1);
    expect(blocked[0]!.at).toBeLessThanOrEqual(20_000);
    expect(blocked[0]!.at + blocked[0]!.length).toBeGreaterThan(20_000);
    expect(picture.marks.at(-1)!.at + picture.marks.at(-1)!.length).toBe(40_000);
  });

  it("knows ports as profiles write them, and leaves out what is none", () => {
    expect(parsePorts("80,5000-5020,16384-16390/odd,$range,")).toEqual([
      { first: 80, last: 80, step: 1 },
      { first: 5000, last: 5020, step: 1 },
      { first: 16384, last: 16390, step: 2 },
    ]);
    expect(pictureOf(range({}), "$range")).toEqual({ length: 0, marks: [], portsPerUnit: 1, ticks: [] });
  });
});
