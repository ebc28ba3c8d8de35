/** The examples of docs/usage.md, run as they stand there; those that would ask a host are run as a plan. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUN_FLAGS } from "../../src/cli/flags.ts";
import { FORMATS } from "../../src/report/index.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const page = readFileSync(path("../../docs/usage.md"), "utf8");
const examples = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, lines]) => lines!.trimEnd().split("\n"));
const SAYS_NOTHING_TO_A_HOST = ["plan", "profiles", "explain", "doctor", "completion"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  await copyFile(path("../../profiles/cisco-unity/failover-secondary.yaml"), join(folder, "mine.yaml"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Words in double quotes are one; assignments before the command go into its environment. */
function parsed(line: string) {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const at = words.indexOf("unity-probe");
  const environment = Object.fromEntries(words.slice(0, at).map((word) => word.split("=", 2) as [string, string]));
  const args = words.slice(at + 1);
  return { environment, args: SAYS_NOTHING_TO_A_HOST.includes(args[0]!) ? args : ["plan", ...args] };
}

describe("an example", () => {
  it("is there for each use", () => {
    expect(examples.length).toBeGreaterThan(15);
  });

  it.each(examples)("%s", (line) => {
    const { args, environment } = parsed(line);
    const { status, stdout, stderr } = spawnSync(process.execPath, [path("../../bin/unity-probe.js"), ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const intoFiles = args.includes("-o") && args.every((word, at) => args[at - 1] !== "-o" || word.includes("="));
    expect(stdout === "").toBe(intoFiles);
  });
});

describe("the page", () => {
  it.each(Object.keys(RUN_FLAGS))("tells of --%s", (flag) => {
    const short: Readonly<Record<string, string>> = { ipv4: "`-4`", ipv6: "`-6`", output: "`-o " };
    expect(page).toContain(short[flag] ?? `--${flag}`);
  });

  it.each(Object.keys(FORMATS))("tells of the format %s", (format) => {
    expect(page).toContain(`| \`${format}\` |`);
  });
});
