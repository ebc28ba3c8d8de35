import { describe, expect, it } from "vitest";
import { ndjson } from "../../src/report/ndjson.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { sampleRun, TOOL } from "./sample-run.ts";

const DOCUMENT = runDocument(sampleRun(), TOOL);

interface Line {
  readonly type: string;
  readonly check?: string;
  readonly outcome?: string;
}

function linesOf(text: string): readonly Line[] {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("ndjson", () => {
  it("prints each result once, as it ends, and the summary last", () => {
    const renderer = ndjson();
    const [first, second] = DOCUMENT.results;
    const streamed = linesOf(renderer.result!(second!) + renderer.result!(first!));
    const rest = linesOf(renderer.end(DOCUMENT));
    expect(streamed.map(({ check }) => check)).toEqual([second!.check, first!.check]);
    expect(rest).toHaveLength(DOCUMENT.results.length - 2 + 1);
    expect(rest.at(-1)).toMatchObject({ type: "summary", summary: { exitCode: 1 } });
    expect(rest.slice(0, -1).every(({ type }) => type === "result")).toBe(true);
  });

  it("prints a result again that the rest of the run changed", () => {
    const renderer = ndjson();
    const [first] = DOCUMENT.results;
    renderer.result!({ ...first!, outcome: "inconclusive" });
    const again = linesOf(renderer.end(DOCUMENT)).filter(({ check }) => check === first!.check);
    expect(again[0]).toMatchObject({ outcome: first!.outcome });
  });
});
