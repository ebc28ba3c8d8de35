import { describe, expect, it } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { silence } from "../../src/standin/faults.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { run, start } from "./command.ts";
import { site } from "./site.ts";

const clock = { wallMs: Date.now };

describe("a name that does not resolve", () => {
  it("is an error in every row and exit 3, without a stack trace", async () => {
    const asked = ["--profile", "failover-secondary", "--host", "nobody.invalid"];
    const { exitCode, stdout, stderr } = await run([...asked, "-o", "json"]);
    const { results } = JSON.parse(stdout) as ReportDocument;
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "" });
    expect(new Set(results.map(({ outcome, reason }) => `${outcome} ${reason}`))).toEqual(
      new Set(["error name-not-found"]),
    );
  });
});

describe("twins in the environment", () => {
  it("stand in for flags, and a flag counts more", async () => {
    await using here = await site([
      { service: "LDAP", prober: "ldap-bind", standIn: ldap(clock) },
      { service: "Silent", prober: "ldap-bind", standIn: silence("tcp") },
    ]);
    const environment = {
      UNITY_PROBE_PROFILE: here.profile,
      UNITY_PROBE_HOST: "nobody.invalid",
      UNITY_PROBE_ONLY: "LDAP",
      UNITY_PROBE_OUTPUT: "json",
      UNITY_PROBE_IPV4: "1",
      UNITY_PROBE_CONCURRENCY: "",
    };
    const { exitCode, stdout } = await run(["--host", "127.0.0.1"], environment);
    const { results } = JSON.parse(stdout) as ReportDocument;
    expect(exitCode).toBe(0);
    const passed = results.filter(({ outcome, canary }) => outcome === "pass" && canary !== true);
    expect(passed.map(({ host, service }) => [host, service])).toEqual([["127.0.0.1", "LDAP"]]);
  });

  it("of another verb do not matter", async () => {
    const { exitCode, stderr } = await run(["profiles", "list"], { UNITY_PROBE_HOST: "a", UNITY_PROBE_OUTPUT: "json" });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

// Windows has no signal that a program can catch and another can send.
describe.runIf(process.platform !== "win32")("an interrupt", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s ends the run with what is known, and exit 130", async (signal) => {
    await using here = await site([
      { service: "LDAP", prober: "ldap-bind", standIn: ldap(clock) },
      { service: "Silent", prober: "ldap-bind", standIn: silence("tcp") },
    ]);
    const { child, firstLine, ended } = start(["--profile", here.profile, "--host", "127.0.0.1", "-o", "ndjson"]);
    // A row that has passed is told at once, long before the silent one gives up.
    expect(await firstLine).toContain('"outcome":"pass"');
    child.kill(signal);
    const { exitCode, stdout, stderr } = await ended;
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ResultEntry & { summary?: unknown });
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
    expect(lines.find(({ service }) => service === "LDAP")).toMatchObject({ outcome: "pass" });
    expect(lines.find(({ service }) => service === "Silent")).toMatchObject({
      outcome: "skipped",
      state: null,
      detail: "interrupted before it ended",
    });
    expect(lines.at(-1)).toMatchObject({ summary: { pass: 1, exitCode: 130 } });
  });
});
