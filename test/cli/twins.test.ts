/** The twin that each flag has in the environment, through the built command. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RUN_FLAGS } from "../../src/cli/flags.ts";
import { type Environment, run } from "./command.ts";
import { askSite, type NotingSite, notingSite, outcomesOf } from "./noting-site.ts";

let here: NotingSite;
beforeAll(async () => {
  here = await notingSite();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("twins in the environment", () => {
  const twinOf = (flag: string) => `UNITY_PROBE_${flag.toUpperCase().replaceAll("-", "_")}`;

  /** What a plan says, without what differs from one to the next. */
  async function planned(args: readonly string[], environment: Environment = {}): Promise<string> {
    const words = ["plan", "--profile", here.profile, "--host", "127.0.0.1", ...args];
    const { exitCode, stdout, stderr } = await run(words, environment);
    const timeless = stdout.replaceAll(/"startedAt":"[^"]+"/g, "").replaceAll(/.*"canary":true.*\n/g, "");
    return `${exitCode} ${stderr} ${timeless}`;
  }

  it.each<readonly [string, string]>([
    ["set", "range=7000-7009"],
    ["expect", "path"],
    ["only", "LDAP"],
    ["skip", "LDAP"],
    ["source", "127.0.0.1"],
    ["attempts", "7"],
    ["timeout", "9s"],
    ["rate", "1"],
    ["output", "ndjson"],
    ["color", "blue"],
    ["exit-style", "nagios"],
    ["concurrency", "none"],
    ["source-port", "none"],
    ["secret", "none"],
    ["engine", "none"],
  ])("%s=%s is what the flag is", async (flag, value) => {
    const lines: Environment = flag === "output" || flag === "exit-style" ? {} : { UNITY_PROBE_OUTPUT: "ndjson" };
    const [plain, flagged, twin] = await Promise.all([
      planned([], lines),
      planned([`--${flag}`, value], lines),
      planned([], { ...lines, [twinOf(flag)]: value }),
    ]);
    expect(twin).toBe(flagged);
    expect(twin).not.toBe(plain);
  });

  it("are there for every switch", async () => {
    for (const [flag, { type }] of Object.entries(RUN_FLAGS)) {
      if (type !== "boolean") continue;
      expect(await planned([], { [twinOf(flag)]: "maybe" })).toContain(
        `${twinOf(flag)}=maybe is neither true nor false`,
      );
    }
  });

  it("switch on and off", async () => {
    const rows = ["--only", "LDAP", "--only", "Optional"];
    for (const [value, exitCode] of [
      ["1", 1],
      ["yes", 1],
      ["true", 1],
      ["0", 0],
      ["no", 0],
      ["", 0],
    ] as const) {
      expect((await askSite(here, rows, { UNITY_PROBE_STRICT: value })).exitCode, value).toBe(exitCode);
    }
  });

  it("of flags that may be repeated hold a value on each line", async () => {
    const { results } = await askSite(here, [], { UNITY_PROBE_SKIP: "Quiet TCP\nQuiet UDP\n\nRange\n" });
    expect(outcomesOf(results)).toEqual({
      LDAP: "pass",
      "Quiet TCP": "skipped",
      "Quiet UDP": "skipped",
      Optional: "fail",
      Range: "skipped",
    });
  });

  it("count for nothing where the flag is given", async () => {
    const { results } = await askSite(here, ["--only", "LDAP"], {
      UNITY_PROBE_ONLY: "Optional",
      UNITY_PROBE_SOURCE: "",
    });
    expect(outcomesOf(results)).toMatchObject({ LDAP: "pass", Optional: "skipped" });
  });
});
