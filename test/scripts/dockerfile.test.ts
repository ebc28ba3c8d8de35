import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contextEntries, execForm, parseCopy, parseDockerfile, theOnly } from "../../scripts/image/dockerfile.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const stages = parseDockerfile(read("Dockerfile"));
const image = stages.at(-1)!;
const packed = (JSON.parse(read("package.json")) as { files: readonly string[] }).files;

describe("the image", () => {
  it("is built on one Node, pinned to its last digit", () => {
    const bases = new Set(stages.map(({ base }) => base));
    expect([...bases]).toEqual([expect.stringMatching(/^node:\d+\.\d+\.\d+-bookworm-slim$/)]);
  });

  it("runs as a number, and not as root", () => {
    expect(theOnly(image, "USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it("starts without a shell", () => {
    expect(execForm(theOnly(image, "ENTRYPOINT"))).toEqual(["node", "/app/bin/unity-probe.js"]);
  });

  it("is made by copying alone", () => {
    const words = image.instructions.map(({ word }) => word);
    expect([...new Set(words)]).toEqual(["WORKDIR", "COPY", "USER", "ENTRYPOINT"]);
  });

  it("holds what the npm package holds, and the packages that it may use", () => {
    const copies = image.instructions.filter(({ word }) => word === "COPY").map(({ text }) => parseCopy(text));
    expect(new Set(copies.map(({ from }) => from))).toEqual(new Set(["build"]));
    const sources = copies.flatMap((copy) => copy.sources);
    const expected = [...packed, "LICENSE", "node_modules", "package.json", "state"].map((name) => `/build/${name}`);
    expect([...sources].sort()).toEqual(expected.sort());
  });

  it("has one folder that its user may write to, for the agent's history", () => {
    const copies = image.instructions.filter(({ word }) => word === "COPY").map(({ text }) => parseCopy(text));
    expect(copies.filter(({ owner }) => owner !== undefined)).toEqual([
      { from: "build", sources: ["/build/state"], target: "/var/lib/unity-probe", owner: theOnly(image, "USER") },
    ]);
  });

  it("is built from what the build needs, and from nothing else of the folder", () => {
    expect([...contextEntries(read(".dockerignore"))].sort()).toEqual(
      [".npmrc", "LICENSE", "bin", "package-lock.json", "package.json"].concat([
        "profiles",
        "schema",
        "scripts",
        "src",
        "tsconfig.json",
      ]),
    );
  });

  it("installs by the lock file, and ends without development packages", () => {
    const runs = stages[0]!.instructions.filter(({ word }) => word === "RUN").map(({ text }) => text);
    expect(runs.at(0)).toBe("npm ci");
    expect(runs.at(-1)).toMatch(/npm prune --omit=dev$/);
  });
});

describe("reading a Dockerfile", () => {
  it("undoes comments and continued lines, and divides stages", () => {
    const text = "# one\nFROM a AS first\nRUN x && \\\n    y\n# two\n\nfrom b\nCMD z\n";
    expect(parseDockerfile(text)).toEqual([
      { base: "a", name: "first", instructions: [{ word: "RUN", text: "x &&      y" }] },
      { base: "b", name: undefined, instructions: [{ word: "CMD", text: "z" }] },
    ]);
  });

  it("refuses an instruction before any stage, and a COPY that it does not understand", () => {
    expect(() => parseDockerfile("RUN x\nFROM a\n")).toThrow("before the first FROM");
    expect(() => parseCopy("--chmod=755 a b")).toThrow("--chmod=755 is not understood");
  });

  it("knows whose a copy becomes", () => {
    expect(parseCopy("--from=x --chown=1:2 a b")).toEqual({ from: "x", sources: ["a"], target: "b", owner: "1:2" });
    expect(() => parseCopy("--chown=root a b")).toThrow("--chown=root is not understood");
  });

  it("knows the shell form", () => {
    expect(execForm("node x.js")).toBeUndefined();
  });

  it("misses an instruction, and minds one too many", () => {
    const [stage] = parseDockerfile("FROM a\nUSER 1\nUSER 2\n");
    expect(() => theOnly(stage!, "USER")).toThrow("one USER");
    expect(() => theOnly(stage!, "ENTRYPOINT")).toThrow("one ENTRYPOINT");
  });

  it("refuses a .dockerignore that leaves out only some files", () => {
    expect(() => contextEntries("node_modules\n")).toThrow("must begin with *");
    expect(() => contextEntries("*\n!src/**\n")).toThrow("only names of the top folder");
  });
});
