import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ldap } from "../../src/standin/ldap.ts";
import { fixtureNames, fixtureText } from "../profile/fixtures.ts";
import { type Environment, run } from "./command.ts";
import { site } from "./site.ts";

const GOOD = ["--profile", "failover-secondary", "--host", "127.0.0.1"];
const nowhere = join(tmpdir(), "unity-probe-no-such-folder", "x");

/** Exit 2, one line on standard error, nothing on standard output; gives the line. */
async function complaintOf(args: readonly string[], environment?: Environment): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args, environment);
  expect({ exitCode, stdout, lines: stderr.split("\n").length - 1 }, stderr).toEqual({
    exitCode: 2,
    stdout: "",
    lines: 1,
  });
  return stderr.trimEnd();
}

describe("words that cannot be used end in one line and exit 2", () => {
  it.each<readonly [string, readonly string[], string]>([
    ["no profile", ["--host", "dc01"], "--profile is missing; name the vector: --profile failover-secondary;"],
    ["no host", ["--profile", "failover-secondary"], "--host is missing; name the machine to ask: --host dc01"],
    [
      "a profile that nobody knows",
      ["--profile", "failover-secondry", "--host", "a"],
      'did you mean "failover-secondary"?',
    ],
    [
      "a host that is a URL",
      ["--profile", "failover-secondary", "--host", "http://dc01/"],
      "is a URL; give the host only: dc01",
    ],
    [
      "a host with a port",
      ["--profile", "failover-secondary", "--host", "dc01:389"],
      "has a port, and the profile says the ports; give the host only: dc01",
    ],
    [
      "a stream to nobody",
      [...GOOD, "--media"],
      "--media without a responder; streams go to one only: --responder HOST",
    ],
    ["a flag that nobody knows", [...GOOD, "--hots", "x"], "run has no flag --hots; did you mean --host?"],
    ["a letter that nobody knows", [...GOOD, "-x"], "run has no flag -x; --help shows all"],
    ["a flag of another verb", ["demo", "--profile", "x"], "demo has no flag --profile"],
    ["a mistyped --version", ["--verison"], "did you mean --version?"],
    ["a verb that nobody knows", ["pln", ...GOOD], '"pln" is no verb and no flag; did you mean "plan"?'],
    [
      "a verb below profiles that nobody knows",
      ["profiles", "lst"],
      '"lst" is no verb and no flag; did you mean "list"?',
    ],
    [
      "a host without its flag",
      ["--profile", "failover-secondary", "dc01"],
      '"dc01" is no verb and no flag; verbs: run, plan,',
    ],
    ["a word too many", ["plan", ...GOOD, "extra"], '"extra" is one word too many; see "unity-probe plan --help"'],
    ["a word too few", ["profiles", "show"], "a word is missing; --help shows which"],
    [
      "a variable that nobody knows",
      [...GOOD, "--set", "dcom-rang=1-2"],
      'there is no variable "dcom-rang"; did you mean "dcom-range"?',
    ],
    ["--set without a value", [...GOOD, "--set"], "--set has no value"],
    [
      "--set without the variable's value",
      [...GOOD, "--set", "dcom-range"],
      "--set dcom-range has no value; write for instance dcom-range=5000-5020",
    ],
    ["a flag where a value belongs", ["--profile", "--host", "dc01"], "--profile has no value"],
    [
      "an empty value",
      ["--profile", "failover-secondary", "--host", ""],
      "--host has no value; name the machine to ask: --host dc01",
    ],
    ["a format that nobody knows", [...GOOD, "-o", "jso"], 'there is no format "jso"; did you mean "json"?'],
    ["-o without a value", [...GOOD, "-o"], "-o has no value"],
    [
      "a format without its file",
      [...GOOD, "-o", "json="],
      "-o json= names no file; write -o json=FILE, or -o json alone",
    ],
    [
      "two formats on standard output",
      [...GOOD, "-o", "json", "-o", "table"],
      "two formats cannot share standard output",
    ],
    [
      "a choice that there is not",
      [...GOOD, "--expect", "serivce"],
      '--expect cannot be "serivce"; did you mean "service"?',
    ],
    ["a choice far from any", [...GOOD, "--color", "blue"], '--color cannot be "blue"; one of auto, always, never'],
    [
      "a switch with a value",
      [...GOOD, "--strict=yes"],
      "--strict=yes is neither true nor false; write --strict alone",
    ],
    ["a value given twice", [...GOOD, "--timeout", "1s", "--timeout", "2s"], "--timeout is given more than once"],
    [
      "a time without its unit",
      [...GOOD, "--timeout", "5"],
      "--timeout 5 is not a duration; write it with its unit: 800ms, 5s or 2m",
    ],
    ["no time at all", [...GOOD, "--timeout", "0s"], "--timeout 0s must be longer than 0"],
    ["a number that is none", [...GOOD, "--concurrency", "many"], "--concurrency is not a whole number from 1 to 1000"],
    ["a rate that is none", [...GOOD, "--rate", "fast"], "--rate fast is not a rate; give flows a second"],
    ["no address family left", [...GOOD, "-4", "-6"], "-4 and -6 leave no address to ask"],
    [
      "rows that the profile has not",
      [...GOOD, "--only", "tcp/4450"],
      '--only tcp/4450 picks no row; did you mean "tcp/445"?',
    ],
    [
      "a profile file that is not there",
      ["--profile", nowhere, "--host", "a"],
      `${nowhere} cannot be read: there is no such file`,
    ],
  ])("%s", async (_, args, words) => {
    expect(await complaintOf(args)).toContain(words);
  });

  it.each<readonly [string, Environment, string]>([
    [
      "a variable that is no flag's twin",
      { UNITY_PROBE_HOTS: "a" },
      "UNITY_PROBE_HOTS belongs to no flag; did you mean UNITY_PROBE_HOST?",
    ],
    [
      "a switch that is neither on nor off",
      { UNITY_PROBE_STRICT: "maybe" },
      "UNITY_PROBE_STRICT=maybe is neither true nor false",
    ],
    [
      "a value that the flag would not take",
      { UNITY_PROBE_EXPECT: "pth" },
      '--expect cannot be "pth"; did you mean "path"?',
    ],
  ])("in the environment: %s", async (_, environment, words) => {
    expect(await complaintOf(GOOD, environment)).toContain(words);
  });
});

describe("profile files with mistakes end in one line with the place", () => {
  const folder = fileURLToPath(new URL("../fixtures/profiles/", import.meta.url));
  const NAMED = [
    "not-yaml",
    "unknown-row-key",
    "port-0",
    "port-65536",
    "range-backwards",
    "unknown-prober",
    "wrong-transport",
    "several",
  ];

  it.each(NAMED)("%s", async (name) => {
    expect(fixtureNames).toContain(`invalid-${name}.yaml`);
    const [first] = fixtureText(`invalid-${name}.txt`).split("\n");
    const complaint = await complaintOf(["--host", "127.0.0.1", "--profile", join(folder, `invalid-${name}.yaml`)]);
    expect(complaint).toBe(`unity-probe: ${join(folder, first!)}`);
  });
});

describe("a mistake is found before anything is sent", () => {
  it.each([
    [
      "an output that cannot be opened",
      ["-o", `json=${nowhere}`],
      `${nowhere} cannot be written: there is no such folder`,
    ],
    ["an unusable run option", ["--attempts", "0"], "--attempts is not a whole number from 1 to 10"],
  ])("%s", async (_, args, words) => {
    await using here = await site([{ service: "LDAP", prober: "ldap-bind", standIn: ldap({ wallMs: Date.now }) }]);
    expect(await complaintOf(["--profile", here.profile, "--host", "127.0.0.1", ...args])).toContain(words);
    expect(here.asked()).toBe(0);
    expect(existsSync(nowhere)).toBe(false);
  });
});
