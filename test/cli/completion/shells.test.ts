/** The scripts of the built command, tried in the shells that this machine has. */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proberIds } from "../../../src/probers/index.ts";
import { run } from "../command.ts";

const bin = fileURLToPath(new URL("../../../bin/unity-probe.js", import.meta.url));
const has = (shell: string) => process.platform !== "win32" && spawnSync(shell, ["-c", "exit 0"]).status === 0;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  const command = join(folder, "unity-probe");
  await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  await chmod(command, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

/** What a shell prints for a program in its own words. */
function printed(shell: string, program: string): readonly string[] {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const { stdout, stderr, status } = spawnSync(shell, ["-c", program], { env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}

const LINES: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [["pl"], ["plan"]],
  [["--prof"], ["--profile", "--profiles-dir"]],
  [["run", "--any"], ["--any-address"]],
  [
    ["--expect", ""],
    ["service", "path"],
  ],
  [["--profile", "failover-s"], ["failover-secondary"]],
  [["plan", "-o", "js"], ["json"]],
  [["explain", ""], proberIds],
  [["profiles", "show", "fail"], ["failover-secondary"]],
  [["--host", ""], []],
];

describe.runIf(has("bash"))("bash", () => {
  it.each(LINES)("%j: %j", (words, offers) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const program = `
      source <(unity-probe completion bash)
      COMP_WORDS=(unity-probe ${quoted})
      COMP_CWORD=${words.length}
      _unity_probe
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(printed("bash", program)).toEqual(offers);
  });
});

describe.runIf(has("fish"))("fish", () => {
  it.each(LINES.filter(([, offers]) => offers.length > 0))("%j: %j", (words, offers) => {
    const line = ["unity-probe", ...words].join(" ");
    const found = printed("fish", `unity-probe completion fish | source; complete -C '${line}'`);
    expect(found.map((each) => each.split("\t")[0])).toEqual(expect.arrayContaining([...offers]));
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("%s has a script, and nothing else on the streams", async (shell) => {
    const { exitCode, stdout, stderr } = await run(["completion", shell]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("unity-probe __complete");
  });

  it.each([
    [["completion"], "completion names no shell; shells: bash, zsh, fish"],
    [["completion", "zhs"], 'there is no completion for "zhs"; did you mean "zsh"?'],
    [["completion", "powershell"], 'there is no completion for "powershell"; shells: bash, zsh, fish'],
  ])("%j is refused", async (args, words) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  it("never runs what is being typed", async () => {
    const line = ["__complete", "run", "--profile", "nobody", "--host", "127.0.0.1", ""];
    expect(await run(line)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});
