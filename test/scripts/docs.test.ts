import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { derivedFiles } from "../../scripts/docs.ts";
import { ERROR_CODES } from "../../scripts/verdicts-page.ts";
import { reasonOfErrno } from "../../src/verdict/state.ts";

const derived = await derivedFiles();

describe("derived files", () => {
  it.each([...derived.keys()])("%s is what `npm run docs` writes", (path) => {
    const file = new URL(`../../${path}`, import.meta.url);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "missing").toBe(derived.get(path));
  });

  it("have a page for each prober and no other", () => {
    const folder = "docs/probers/";
    const pages = readdirSync(new URL(`../../${folder}`, import.meta.url)).map((name) => folder + name);
    expect(pages.sort()).toEqual([...derived.keys()].filter((path) => path.startsWith(folder)).sort());
  });

  it("list every system error code that has a reason", () => {
    const known = Object.keys(constants.errno).filter(
      (code) => reasonOfErrno(code, "tcp", "192.0.2.1") !== "unclassified",
    );
    expect(ERROR_CODES).toEqual(expect.arrayContaining(known));
  });

  it("list no system error code that has none", () => {
    expect(ERROR_CODES.filter((code) => reasonOfErrno(code, "udp", "192.0.2.1") === "unclassified")).toEqual([]);
  });
});
