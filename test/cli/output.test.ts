import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { ntp } from "../../src/standin/ntp.ts";
import { run, start } from "./command.ts";
import { type Site, site } from "./site.ts";

const clock = { wallMs: Date.now };
const schema = new URL("../../schema/report.schema.json", import.meta.url);
const validate = new Ajv({ strict: true, allowUnionTypes: true, formats: { "date-time": true } }).compile(
  JSON.parse(await readFile(schema, "utf8")),
);

/** A document that the published schema takes. */
function documentIn(json: string): ReportDocument {
  const document: unknown = JSON.parse(json);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document as ReportDocument;
}

let here: Site;
let args: readonly string[];
beforeAll(async () => {
  here = await site([
    { service: "LDAP", prober: "ldap-bind", standIn: ldap(clock) },
    { service: "NTP", prober: "ntp", standIn: ntp(clock) },
  ]);
  args = ["--profile", here.profile, "--host", "127.0.0.1"];
});
afterAll(() => here[Symbol.asyncDispose]());

describe("plan", () => {
  it("prints a document with every row planned, and sends nothing", async () => {
    const before = here.asked();
    const { exitCode, stdout, stderr } = await run(["plan", ...args, "-o", "json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { results, summary } = documentIn(stdout);
    expect(results.filter(({ canary }) => canary !== true).map(({ service, outcome }) => [service, outcome])).toEqual([
      ["LDAP", "planned"],
      ["NTP", "planned"],
    ]);
    expect(summary.estimate?.packets).toBeGreaterThan(2);
    expect(here.asked()).toBe(before);
  });

  it("resolves no names", async () => {
    const { exitCode, stdout } = await run([
      "plan",
      "--profile",
      here.profile,
      "--host",
      "nobody.invalid",
      "-o",
      "json",
    ]);
    expect(exitCode).toBe(0);
    expect(documentIn(stdout).results.every(({ address }) => address === null)).toBe(true);
  });
});

describe("a run", () => {
  it("prints a document that the schema takes, and exits 0 when all rows pass", async () => {
    const { exitCode, stdout, stderr } = await run([...args, "-o", "json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { results, summary } = documentIn(stdout);
    expect(summary).toMatchObject({ pass: 2, fail: 0, exitCode: 0 });
    expect(results[0]).toMatchObject({
      service: "LDAP",
      outcome: "pass",
      reason: "protocol-reply",
      evidence: { dnsHostName: "dc01.lab.test" },
    });
  });

  it("streams one result a line, the summary last", async () => {
    const { stdout } = await run([...args, "-o", "ndjson"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; service?: string });
    expect(lines.map(({ type }) => type)).toEqual([...lines.slice(1).map(() => "result"), "summary"]);
    expect(lines.map(({ service }) => service)).toEqual(expect.arrayContaining(["LDAP", "NTP", "Canary"]));
    expect(lines.at(-1)).toMatchObject({ schemaVersion: 1, summary: { pass: 2, exitCode: 0 } });
  });

  it("prints a table and writes a document at once", async () => {
    const file = join(here.folder, "report.json");
    const { exitCode, stdout } = await run([...args, "-o", "table", "-o", `json=${file}`]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}PASS {2}tcp\/\d+ +LDAP/m);
    expect(documentIn(await readFile(file, "utf8")).summary.pass).toBe(2);
  });

  it("says evidence with --verbose, and logs to standard error only", async () => {
    const { stdout, stderr } = await run([...args, "--verbose"]);
    expect(stdout).toContain("defaultNamingContext");
    const logged = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { check: string; msg: string });
    expect(logged.map(({ msg }) => msg)).toEqual(logged.map(() => "asked"));
    expect(logged).toHaveLength(3);
  });
});

describe("colour", () => {
  const ESCAPE = "\u001b[";

  it.each([
    ["none into a pipe", [], {}, false],
    ["--color always", ["--color", "always"], {}, true],
    ["--color always over NO_COLOR", ["--color", "always"], { NO_COLOR: "1" }, true],
    ["FORCE_COLOR", [], { FORCE_COLOR: "1" }, true],
    ["NO_COLOR over FORCE_COLOR", [], { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ["--color never over FORCE_COLOR", ["--color", "never"], { FORCE_COLOR: "1" }, false],
  ])("%s", async (_, flags, environment, colored) => {
    const { stdout } = await run([...args, "--only", "LDAP", ...flags], environment);
    expect(stdout).toContain("PASS");
    expect(stdout.includes(ESCAPE)).toBe(colored);
  });

  it("never goes into a file", async () => {
    const file = join(here.folder, "table.txt");
    await run([...args, "--only", "LDAP", "--color", "always", "-o", `table=${file}`]);
    expect(await readFile(file, "utf8")).not.toContain(ESCAPE);
  });
});

describe("a reader that goes away", () => {
  it("changes neither the exit code nor standard error", async () => {
    const { child, ended } = start([...args, "-o", "ndjson"]);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

// Only Linux has a file that opens and takes nothing.
describe.runIf(process.platform === "linux")("an output that takes nothing", () => {
  it.each([
    ["a file", ["-o", "ndjson=/dev/full"], "/dev/full"],
    ["a file beside a table", ["-o", "table", "-o", "json=/dev/full"], "/dev/full"],
  ])("%s: one line and exit 2", async (_, outputs, name) => {
    const { exitCode, stdout, stderr } = await run([...args, ...outputs]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: `unity-probe: ${name} cannot be written: ENOSPC\n`,
    });
    expect(stdout.includes("PASS")).toBe(outputs.includes("table"));
  });
});
