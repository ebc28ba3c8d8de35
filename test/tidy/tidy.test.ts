/**
 * The house rules, held against the whole tree. What a linter knows (length of files and functions, console, focused
 * tests) is in biome.json; here is what only this project knows.
 */
import { describe, expect, it } from "vitest";
import { ambientRules } from "./ambient.ts";
import { importRules } from "./arrows.ts";
import { documentRules } from "./documents.ts";
import { arrowsUp, FOLDERS } from "./layers.ts";
import { nameRules } from "./names.ts";
import { registryRules } from "./registry.ts";
import { parse, type Rule, readTree, type Source } from "./source.ts";

const rules = [...importRules, ...ambientRules, ...nameRules, ...registryRules, ...documentRules];
const tree = readTree();

const complaintsOf = (rule: Rule, sources: readonly Source[]): string[] =>
  rule.check(sources).map(({ path, line, wrong, mend }) => `${path}:${line}: ${wrong}; ${mend}`);

describe.each(rules)("$name", (rule) => {
  it("holds", () => {
    expect(complaintsOf(rule, tree)).toEqual([]);
  });

  it.each(rule.broken)("complains: $complaint", ({ files, complaint }) => {
    const sources = Object.entries(files).map(([path, text]) => parse(path, text));
    expect(complaintsOf(rule, sources)).toContainEqual(expect.stringContaining(complaint));
  });
});

describe("the table of layers", () => {
  it("points down", () => {
    expect(arrowsUp(FOLDERS)).toEqual([]);
  });

  it("would be refused with an arrow up or to a sibling", () => {
    const net = { layer: 1, imports: ["wire", "engine"], modules: [] } as const;
    expect(arrowsUp({ ...FOLDERS, net })).toEqual(["net -> wire", "net -> engine"]);
  });

  it("has a row for each folder of src/ and no other", () => {
    const folders = new Set(tree.flatMap(({ path }) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []));
    expect(Object.keys(FOLDERS).sort()).toEqual([...folders].sort());
  });
});
