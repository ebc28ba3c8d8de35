import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countPorts,
  formatEndpoint,
  formatPorts,
  holdsPort,
  onePort,
  type PortSpan,
  portsOf,
  spansOf,
} from "../../src/model/ports.ts";

const port = fc.integer({ min: 1, max: 65_535 });
/** A span of some hundred ports at most, so that listing it is quick. */
const span: fc.Arbitrary<PortSpan> = fc
  .record({ first: port, more: fc.nat({ max: 300 }), step: fc.constantFrom(1 as const, 2 as const) })
  .map(({ first, more, step }) => ({ first, last: Math.min(65_535, first + more), step }));
const spans = fc.array(span, { maxLength: 6 });

/** Reads what formatPorts writes. */
function parsePorts(text: string): number[] {
  if (text === "") return [];
  return text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return [...portsOf([{ first: first!, last: last!, step: 1 }])];
  });
}

describe("spans of ports", () => {
  it("hold as many as they list, and exactly those", () => {
    fc.assert(
      fc.property(spans, port, (some, any) => {
        const listed = [...portsOf(some)];
        expect(listed).toHaveLength(countPorts(some));
        expect(holdsPort(some, any)).toBe(listed.includes(any));
        for (const each of listed.slice(0, 50)) expect(holdsPort(some, each)).toBe(true);
      }),
    );
  });

  it("keep the order in which they were written, and their parity", () => {
    const written: readonly PortSpan[] = [{ first: 5_004, last: 5_009, step: 2 }, onePort(80)];
    expect([...portsOf(written)]).toEqual([5_004, 5_006, 5_008, 80]);
    expect(countPorts(written)).toBe(4);
    expect([5_004, 5_005, 5_008, 5_009].map((each) => holdsPort(written, each))).toEqual([true, false, true, false]);
  });

  it("of all ports are 65535", () => {
    expect(countPorts([{ first: 1, last: 65_535, step: 1 }])).toBe(65_535);
    expect(countPorts([{ first: 1, last: 65_535, step: 2 }])).toBe(32_768);
    expect(countPorts([])).toBe(0);
  });
});

describe("ports as people write them", () => {
  it.each([
    [[], ""],
    [[389], "389"],
    [[22_812, 22_801, 22_811, 22_810], "22801,22810-22812"],
    [[80, 80, 81], "80-81"],
    [[80, 80], "80"],
    [[65_534, 65_535, 1], "1,65534-65535"],
  ])("%j is %j", (ports, text) => {
    expect(formatPorts(ports)).toBe(text);
  });

  it("name the same ports, ascending, whatever their order: round trip", () => {
    fc.assert(
      fc.property(fc.array(port, { maxLength: 200 }), (ports) => {
        expect(parsePorts(formatPorts(ports))).toEqual([...new Set(ports)].sort((a, b) => a - b));
      }),
    );
  });

  it("are as short as can be: no two parts touch", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), (ports) => {
        const ends = formatPorts(ports)
          .split(",")
          .filter((part) => part !== "")
          .map((part) => part.split("-").map(Number));
        for (const [at, next] of ends.slice(1).entries()) expect(next[0]! - ends[at]!.at(-1)!).toBeGreaterThan(1);
      }),
    );
  });
});

it("an endpoint is written with brackets where the address has colons", () => {
  expect(formatEndpoint({ address: "10.0.0.1", port: 389 })).toBe("10.0.0.1:389");
  expect(formatEndpoint({ address: "2001:db8::1", port: 389 })).toBe("[2001:db8::1]:389");
});

describe("ports as spans", () => {
  it("are as few as there are gaps, and hold the same ports", () => {
    expect(spansOf([5, 6, 7, 9])).toEqual([
      { first: 5, last: 7, step: 1 },
      { first: 9, last: 9, step: 1 },
    ]);
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 50 });
    fc.assert(
      fc.property(ports, (some) => {
        const ascending = some.sort((a, b) => a - b);
        expect([...portsOf(spansOf(ascending))]).toEqual(ascending);
      }),
    );
  });
});
