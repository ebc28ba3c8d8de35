import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { run } from "./command.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

describe("--version", () => {
  it.each([[["--version"]], [["-V"]], [["run", "--version"]], [["profiles", "show", "-V"]]])("%j", async (args) => {
    expect(await run(args)).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("--help", () => {
  it.each([
    ["help", ["--help"]],
    ["help-plan", ["plan", "--help"]],
    ["help-profiles", ["profiles", "-h"]],
    ["help-respond", ["respond", "--help"]],
    ["help-agent", ["agent", "--help"]],
    ["help-demo", ["demo", "--help"]],
    ["help-doctor", ["doctor", "--help"]],
  ])("%s is as its golden file has it", async (name, args) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it("sends nothing and needs nothing else to be right", async () => {
    const { exitCode, stdout } = await run(["--profile", "nobody", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Exit code:");
  });
});
