import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nameOf, withEntry } from "../../scripts/new-prober.ts";

const registry = readFileSync(new URL("../../src/probers/index.ts", import.meta.url), "utf8");

describe("the registry line of a new prober", () => {
  it("goes to its place in the alphabet, and changes nothing else", () => {
    const lines = withEntry(registry, "mmm-trial", "mmmTrial").split("\n");
    const at = lines.indexOf(`  "mmm-trial": async () => (await import("./mmm-trial.ts")).mmmTrial,`);
    expect(at).toBeGreaterThan(0);
    expect(lines[at - 1]! < lines[at]!).toBe(true);
    expect(lines.toSpliced(at, 1).join("\n")).toBe(registry);
  });

  it("has no quotes where none are needed", () => {
    expect(withEntry(registry, "aaa", "aaa")).toContain(`\n  aaa: async () => (await import("./aaa.ts")).aaa,\n`);
  });

  it("is refused for an id that is taken", () => {
    expect(() => withEntry(registry, "port-sweep", "portSweep")).toThrow("port-sweep is there already");
  });

  it("names the variable in camel case", () => {
    expect(nameOf("smb-negotiate")).toBe("smbNegotiate");
  });
});
