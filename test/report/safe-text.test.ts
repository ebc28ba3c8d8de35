import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRenderer, FORMATS, type Format } from "../../src/report/index.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { safeJson, safeText } from "../../src/report/safe-text.ts";
import { PAGE } from "./sample-page.ts";
import { oneTarget, sampleRun, TOOL } from "./sample-run.ts";

/** Characters that move a cursor, turn text around or hide, as Unicode numbers them; a line feed ends lines. */
const HARMFUL_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe007f],
];

function harmfulIn(text: string): readonly string[] {
  return [...text].filter((char) =>
    HARMFUL_RANGES.some(([first, last]) => isWithin(char.codePointAt(0)!, first, last)),
  );
}

function isWithin(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}

const harmfulChar = fc
  .constantFrom(...HARMFUL_RANGES)
  .chain(([first, last]) => fc.integer({ min: first, max: last }))
  // An unassigned code point is no character: nothing acts on it.
  .map((code) => String.fromCodePoint(code))
  .filter((char) => !/\p{Cn}/u.test(char));
const hostileText = fc.string({
  unit: fc.oneof(harmfulChar, fc.constantFrom("a", " ", "\n", "é", "😀")),
  maxLength: 60,
});

describe("safeText", () => {
  it("shows escape sequences and bidirectional controls as characters", () => {
    expect(safeText("\u001b[31m\u009b\r\n\u202e\ufeff\ud800\u{e0041}")).toBe(
      "\\x1b[31m\\x9b\\x0d\\x0a\\u202e\\ufeff\\ud800\\u{e0041}",
    );
  });

  it("leaves letters of every script alone", () => {
    expect(safeText("Größe → 日本 😀 ضيف")).toBe("Größe → 日本 😀 ضيف");
  });
});

describe("safeJson", () => {
  it("keeps what the JSON means", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const safe = safeJson(JSON.stringify({ text }, null, 2));
        expect(JSON.parse(safe)).toEqual({ text });
        expect(harmfulIn(safe)).toEqual([]);
      }),
    );
  });
});

describe.each(Object.keys(FORMATS) as Format[])("hostile text in %s", (format) => {
  it.each([
    ["one target", oneTarget()],
    ["several targets", sampleRun()],
  ])("does nothing to a terminal: %s", async (_name, report) => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (hostile) => {
        const results = report.results.map((result) => ({
          ...result,
          detail: hostile,
          warnings: [hostile],
          check: { ...result.check, row: { ...result.check.row, service: hostile } },
        }));
        const findings = report.findings.map((finding) => ({ ...finding, text: hostile }));
        const renderer = await createRenderer(format, {
          color: false,
          width: 80,
          verbose: true,
          page: PAGE,
          endpointNote: () => hostile,
        });
        const text = renderer.end(runDocument({ ...report, results, findings }, TOOL));
        expect(harmfulIn(text)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
