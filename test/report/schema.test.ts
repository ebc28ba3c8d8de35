import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { ReportDocument } from "../../src/report/document.ts";
import { ndjson } from "../../src/report/ndjson.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { reportJsonSchema, type reportSchema } from "../../src/report/schema.ts";
import { PLAN } from "./sample-plan.ts";
import { manyHosts, noSuchName, oneTarget, sampleRun, TOOL } from "./sample-run.ts";
import type { Writable } from "./writable.ts";

const published = readFileSync(new URL("../../schema/report.schema.json", import.meta.url), "utf8");
const validate = new Ajv({ strict: true, allowUnionTypes: true, formats: { "date-time": true } }).compile(
  JSON.parse(published),
);

/** What is wrong with a document, after it went through JSON as a reader gets it. */
function mistakesIn(document: unknown): unknown {
  return validate(JSON.parse(JSON.stringify(document))) ? [] : validate.errors;
}

const DOCUMENTS: Readonly<Record<string, ReportDocument>> = {
  "two addresses": runDocument(sampleRun(), TOOL),
  "one target": runDocument(oneTarget(), TOOL),
  "many hosts": runDocument(manyHosts(3), TOOL),
  "no such name": runDocument(noSuchName(), TOOL),
  plan: planDocument(
    PLAN,
    {
      checks: PLAN.checks.map(() => ({ packets: 3, bytes: 120, worstMs: 6000 })),
      total: { packets: 36, bytes: 1440, worstMs: 6000 },
    },
    { tool: TOOL, startedAtMs: 0, source: { host: "unity2.example.com" } },
  ),
};

describe("the published schema", () => {
  it("is what the zod schema gives", () => {
    expect(published).toBe(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
  });

  it.each(Object.entries(DOCUMENTS))("holds for the document of: %s", (_name, document) => {
    expect(mistakesIn(document)).toEqual([]);
  });

  it("holds for what ndjson prints, put together again", () => {
    const lines = ndjson()
      .end(DOCUMENTS["two addresses"]!)
      .trimEnd()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
    const withoutType = lines.map(({ type: _type, ...rest }) => rest);
    expect(mistakesIn({ ...withoutType.at(-1), results: withoutType.slice(0, -1) })).toEqual([]);
  });

  it("refuses an unknown field, an unknown word and a missing field", () => {
    const good = DOCUMENTS["one target"]!;
    const [first, ...rest] = good.results;
    const { detail: _detail, ...withoutDetail } = first!;
    const { prober: _prober, ...withoutProber } = first!;
    expect(mistakesIn({ ...good, surprise: 1 })).not.toEqual([]);
    expect(mistakesIn({ ...good, results: [{ ...first, reason: "gremlins" }, ...rest] })).not.toEqual([]);
    expect(mistakesIn({ ...good, results: [withoutDetail, ...rest] })).not.toEqual([]);
    expect(mistakesIn({ ...good, results: [withoutProber, ...rest] })).not.toEqual([]);
  });
});

describe("the document's type", () => {
  it("is the schema's", () => {
    expectTypeOf<Writable<ReportDocument>>().toEqualTypeOf<Writable<z.infer<typeof reportSchema>>>();
  });
});
