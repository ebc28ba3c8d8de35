import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silence, wrongProtocol } from "../../src/standin/faults.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { run, start } from "./command.ts";
import { type Site, site } from "./site.ts";

const NAGIOS = ["--exit-style", "nagios"];
const PERFDATA =
  / \| time=\d+\.\d{3}s;;;0 pass=\d+;;;0 fail=\d+;;;0 inconclusive=\d+;;;0 error=\d+;;;0 skipped=\d+;;;0\n$/;

let here: Site;
let args: readonly string[];
beforeAll(async () => {
  here = await site([
    { service: "LDAP", prober: "ldap-bind", standIn: ldap({ wallMs: Date.now }) },
    { service: "Wrong", prober: "ldap-bind", standIn: wrongProtocol() },
    { service: "Silent", prober: "netbios-datagram", standIn: silence("udp") },
  ]);
  args = ["--profile", here.profile, "--host", "127.0.0.1"];
});
afterAll(() => here[Symbol.asyncDispose]());

describe("--exit-style nagios", () => {
  it.each([
    ["OK", "LDAP", 0],
    ["CRITICAL", "Wrong", 2],
    ["WARNING", "Silent", 1],
  ])("%s is one line with performance data and its exit code", async (word, only, code) => {
    const { exitCode, stdout, stderr } = await run([...args, "--only", only, ...NAGIOS]);
    expect({ exitCode, stderr, lines: stdout.split("\n").length - 1 }).toEqual({
      exitCode: code,
      stderr: "",
      lines: 1,
    });
    expect(stdout).toMatch(new RegExp(`^UNITY-PROBE ${word} - `));
    expect(stdout).toMatch(PERFDATA);
  });

  it("is a warning for a name that has no address", async () => {
    const { exitCode, stdout } = await run(["--profile", here.profile, "--host", "nobody.invalid", ...NAGIOS]);
    expect({ exitCode, word: stdout.split(" ")[1] }).toEqual({ exitCode: 1, word: "WARNING" });
  });

  it("is UNKNOWN where our own side could not ask", async () => {
    const source = ["--source", "192.0.2.1"];
    const { exitCode, stdout } = await run([...args, "--only", "LDAP", ...source, ...NAGIOS]);
    expect({ exitCode, word: stdout.split(" ")[1] }).toEqual({ exitCode: 3, word: "UNKNOWN" });
  });

  it("leaves standard output to a format that asks for it, and keeps its line beside files", async () => {
    const json = await run([...args, "--only", "LDAP", ...NAGIOS, "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ summary: { exitCode: 0 } });
    const file = join(here.folder, "report.json");
    const { stdout, exitCode } = await run([...args, "--only", "Wrong", ...NAGIOS, "-o", `json=${file}`]);
    expect({ exitCode, lines: stdout.split("\n").length - 1 }).toEqual({ exitCode: 2, lines: 1 });
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ summary: { exitCode: 1 } });
  });

  it("can be had by the twin, and the line alone as a format", async () => {
    const twin = await run([...args, "--only", "Wrong"], { UNITY_PROBE_EXIT_STYLE: "nagios" });
    expect({ exitCode: twin.exitCode, word: twin.stdout.split(" ")[1] }).toEqual({ exitCode: 2, word: "CRITICAL" });
    const format = await run([...args, "--only", "Wrong", "-o", "nagios"]);
    expect({ exitCode: format.exitCode, word: format.stdout.split(" ")[1] }).toEqual({ exitCode: 1, word: "CRITICAL" });
  });

  it.each([
    [
      "words that cannot be used",
      ["--profile", "nobody", "--host", "a"],
      'UNITY-PROBE UNKNOWN - there is no profile "nobody"',
    ],
    ["a flag that nobody knows", ["--hots", "a"], "UNITY-PROBE UNKNOWN - run has no flag --hots; did you mean --host?"],
  ])("says %s on standard output, exit 3", async (_, words, line) => {
    for (const style of [NAGIOS, ["--exit-style=nagios"]]) {
      const { exitCode, stdout, stderr } = await run([...words, ...style]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "" });
      expect(stdout.startsWith(line), stdout).toBe(true);
      expect(stdout.split("\n")).toHaveLength(2);
    }
  });

  it("ends with 3 when it only shows help", async () => {
    expect((await run(["--help", ...NAGIOS])).exitCode).toBe(3);
    expect((await run(["--version", ...NAGIOS])).exitCode).toBe(3);
  });

  it("plans with OK", async () => {
    const { exitCode, stdout } = await run(["plan", ...args, ...NAGIOS]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: "UNITY-PROBE OK - 4 checks planned, nothing was sent\n",
    });
  });
});

// Windows has no signal that a program can catch and another can send.
it.runIf(process.platform !== "win32")("an interrupted plug-in is UNKNOWN", async () => {
  const { child, ended } = start([...args, "--timeout", "30s", ...NAGIOS, "--verbose"]);
  // The log tells of the first row that ended; the silent one goes on.
  await once(child.stderr!, "data");
  child.kill("SIGTERM");
  const { exitCode, stdout } = await ended;
  expect({ exitCode, word: stdout.split(" ")[1] }).toEqual({ exitCode: 3, word: "UNKNOWN" });
});

describe("a mistake of our own", () => {
  const BROKEN = { NODE_OPTIONS: "--import=data:text/javascript,Date.now=()=>{throw%20Error('broken%20clock')}" };

  it("is no failure of the network: exit 3, and a stack trace for the report of it", async () => {
    const { exitCode, stdout, stderr } = await run([...args, "--only", "LDAP"], BROKEN);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr).toMatch(/^Error: broken clock\n +at /);
  });

  it("is UNKNOWN to monitoring", async () => {
    const { exitCode, stdout } = await run([...args, "--only", "LDAP", ...NAGIOS], BROKEN);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 3,
      stdout: "UNITY-PROBE UNKNOWN - internal error: broken clock\n",
    });
  });
});
