import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nameOf, PEERS, REGISTRY, withPeer, withProber } from "../../scripts/prober-entries.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const registry = read(REGISTRY);
const peers = read(PEERS);

/** The lines that the second text has more. */
function addedLines(before: string, after: string): string[] {
  const [old, lines] = [before.split("\n"), after.split("\n")];
  const first = lines.findIndex((line, at) => line !== old[at]);
  const count = lines.length - old.length;
  expect(lines.toSpliced(first, count)).toEqual(old);
  return lines.slice(first, first + count);
}

describe("the entries of a new prober", () => {
  it.each([
    ["first", "aaa", `  aaa: async () => (await import("./aaa.ts")).aaa,`],
    ["in between", "mmm-trial", `  "mmm-trial": async () => (await import("./mmm-trial.ts")).mmmTrial,`],
    ["last", "zzz", `  zzz: async () => (await import("./zzz.ts")).zzz,`],
  ])("go into the registry %s, and change nothing else", (_, id, line) => {
    expect(addedLines(registry, withProber(registry, id))).toEqual([line]);
  });

  it("keep the registry in alphabetical order", () => {
    const ids = [...withProber(registry, "mmm-trial").matchAll(/^ {2}"?([\w-]+)"?: async/gm)].map(([, id]) => id!);
    expect(ids).toEqual([...ids].sort());
    expect(ids).toContain("mmm-trial");
  });

  it("go into the conformance suite's peers, and change nothing else", () => {
    const lines = addedLines(peers, withPeer(peers, "mmm-trial", "oneshot"));
    expect([lines[0], lines.at(-1)]).toEqual([`  "mmm-trial": {`, "  },"]);
  });

  it("are refused for an id that is taken", () => {
    expect(() => withProber(registry, "port-sweep")).toThrow("port-sweep is there already");
  });

  it("name the variable in camel case", () => {
    expect(nameOf("smb-negotiate")).toBe("smbNegotiate");
  });
});
