/** The two pages in Firefox, which lays out tables in its own way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runDocument } from "../../src/report/run-document.ts";
import { manyHosts, TOOL } from "../report/sample-run.ts";
import { serveStatus } from "./agent-stage.ts";
import { FIELDS, type Fields } from "./fields.ts";
import { Firefox } from "./firefox.ts";
import { reportFile } from "./report-file.ts";
import { sampleStatus } from "./sample-status.ts";

let firefox: Firefox;
const PATIENCE = { timeout: 20_000 };
beforeAll(async () => {
  firefox = await Firefox.start();
});
afterAll(() => firefox?.[Symbol.asyncDispose]());

async function fields(): Promise<Fields> {
  return JSON.parse(await firefox.evaluate(FIELDS)) as Fields;
}

const LAID_OUT = { cells: 33, overfull: 0, loose: 0, sideways: false };

describe("in Firefox", () => {
  it.each([390, 1440, 3840])("the agent's page, %i wide, fills its fields and opens a cell", async (width) => {
    const { url } = await serveStatus(sampleStatus(3, Date.now()));
    await firefox.open(url, width);
    expect(await fields()).toEqual(LAID_OUT);
    await firefox.evaluate(`document.querySelector("button.cell.fail").click()`);
    expect(await firefox.evaluate(`document.querySelector("#details").innerText`)).toContain("last 120 votes");
    expect(firefox.complaints).toEqual([]);
  });

  it("the agent's page is live", async () => {
    const { url } = await serveStatus(sampleStatus(3, Date.now()));
    await firefox.open(url, 1440);
    await expect.poll(() => firefox.evaluate(`document.querySelector("#live").innerText`), PATIENCE).toContain("LIVE");
  });

  it.each([390, 1440])("a report in a file, %i wide, fills its fields and opens a cell", async (width) => {
    await firefox.open(await reportFile(firefox.folder, runDocument(manyHosts(3), TOOL)), width);
    expect(await fields()).toEqual(LAID_OUT);
    await firefox.evaluate(`document.querySelector("button.cell.fail").click()`);
    expect(await firefox.evaluate(`document.querySelector("#details").innerText`)).toContain("How it was asked");
    expect(firefox.complaints).toEqual([]);
  });

  it("what a policy forbids is complained of", async () => {
    await firefox.open(await reportFile(firefox.folder, runDocument(manyHosts(3), TOOL)), 1440);
    await firefox.evaluate(
      `document.head.append(Object.assign(document.createElement("style"), {textContent: "p {}"}))`,
    );
    await expect.poll(() => firefox.complaints.join(), PATIENCE).toContain("style-src");
  });
});
