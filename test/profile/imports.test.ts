import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Everything that a file loads when it is loaded itself: its imports, theirs, and so on; types load nothing. */
function loadedBy(file: URL, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type ).*?from "([^"]+)"/gms)) {
    if (specifier!.startsWith(".")) loadedBy(new URL(specifier!, file), seen);
    else seen.add(specifier!);
  }
  return seen;
}

const source = (name: string) => new URL(`../../src/profile/${name}.ts`, import.meta.url);
const slow = (name: string) => [...loadedBy(source(name))].filter((one) => one === "yaml" || one === "zod").sort();

describe("a run of a shipped profile", () => {
  it.each(["expand", "catalogue", "estimate", "config-error"])("%s loads neither yaml nor zod", (name) => {
    expect(slow(name)).toEqual([]);
  });

  it("is told from one of a user's YAML, which needs both", () => {
    expect(slow("parse")).toEqual(["yaml", "zod"]);
  });
});
