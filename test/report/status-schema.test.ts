import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import { reportStatus } from "../../src/report/report-status.ts";
import { runDocument } from "../../src/report/run-document.ts";
import type { StatusDocument } from "../../src/report/status-document.ts";
import type { statusSchema } from "../../src/report/status-schema.ts";
import { manyHosts, noSuchName, sampleRun, TOOL } from "./sample-run.ts";
import type { Writable } from "./writable.ts";

const published = readFileSync(new URL("../../schema/status.schema.json", import.meta.url), "utf8");
const validate = new Ajv({ strict: true, allowUnionTypes: true, formats: { "date-time": true } }).compile(
  JSON.parse(published),
);

describe("the published schema of the status", () => {
  it.each([sampleRun(), manyHosts(3), noSuchName()])("holds for the status of a report (%#)", (report) => {
    const status = JSON.parse(JSON.stringify(reportStatus(runDocument(report, TOOL))));
    expect(validate(status) ? [] : validate.errors).toEqual([]);
    expect(new Set(status.cells.map(({ key }: { key: string }) => key)).size).toBe(report.results.length);
  });

  it("refuses a word that it does not know", () => {
    const status = reportStatus(runDocument(sampleRun(), TOOL));
    expect(validate(JSON.parse(JSON.stringify({ ...status, runs: [{ ...status.runs[0], status: "asleep" }] })))).toBe(
      false,
    );
  });
});

describe("the status document's type", () => {
  it("is the schema's", () => {
    expectTypeOf<Writable<StatusDocument>>().toEqualTypeOf<Writable<z.infer<typeof statusSchema>>>();
  });
});
