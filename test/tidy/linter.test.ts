/**
 * The house rules that the linter keeps (biome.json): each must bite. Without this a rule renamed or switched off
 * would be missed by nobody.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const lines = (count: number): string => "  f();\n".repeat(count);

const CASES: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["noExcessiveLinesPerFile", "src/long-file.ts", lines(301)],
  ["noExcessiveLinesPerFunction", "src/long-function.ts", `export function a() {\n${lines(61)}}\n`],
  ["noConsole", "src/console.ts", `console.log("a");\n`],
  ["noFocusedTests", "test/focused.test.ts", `it.only("a", () => {});\n`],
  ["noSkippedTests", "test/skipped.test.ts", `it.skip("a", () => {});\n`],
  ["noUnusedImports", "src/unused.ts", `import { a } from "./b.ts";\n`],
];

/** Lints the files under this project's configuration, in a folder of their own; gives `file: rule` of each error. */
function lint(folder: string, files: readonly (readonly [path: string, text: string])[]): string[] {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  for (const file of ["biome.json", ".gitignore"]) cpSync(join(root, file), join(folder, file));
  for (const [path, text] of files) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const run = spawnSync(process.execPath, [biome, "lint", "--reporter=github", "--diagnostic-level=error", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  return [...run.stdout.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+)/g)].map(
    ([, rule, path]) => `${basename(path!)}: ${rule}`,
  );
}

describe("the linter", () => {
  const folder = mkdtempSync(join(tmpdir(), "unity-probe-lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const good = ["src/good.ts", `export function a() {\n${lines(58)}}\n`] as const;
  const errors = lint(folder, [...CASES.map(([, path, text]) => [path, text] as const), good]);

  it.each(CASES)("refuses %s", (rule, path) => {
    expect(errors).toContain(`${basename(path)}: ${rule}`);
  });

  it("accepts a file that keeps the rules", () => {
    expect(errors.filter((error) => error.startsWith("good.ts"))).toEqual([]);
  });
});
