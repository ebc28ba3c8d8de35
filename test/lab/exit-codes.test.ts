/** The exit code is the same in every format, and when the user stops the run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect } from "vitest";
import { DC, DEAF, EMPTY } from "./addresses.ts";
import { allRows, type Condition, expectedMatrix } from "./expectations.ts";
import { faultOn, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { probeCommand, runProbe } from "./probe.ts";
import { DCOM_TCP, DCOM_UDP, KERBEROS_UDP, type LabRow, NETBIOS_DATAGRAM, ROWS } from "./rows.ts";
import { seenMatrix } from "./seen.ts";

const CASES = [
  { what: "passes", host: DC.v4, only: "tcp/389", exitCode: 0, pluginCode: 0 },
  { what: "fails", host: EMPTY.v4, only: "tcp/389", exitCode: 1, pluginCode: 2 },
  { what: "is undecided", host: DEAF.v4, only: "tcp/5000-5020", exitCode: 3, pluginCode: 1 },
] as const;

describe.each(CASES)("a run that $what", ({ host, only, exitCode, pluginCode }) => {
  test.for(["table", "json", "ndjson", "junit", "nagios"])("as %s", async (format, { lane }) => {
    const run = await runProbe(lane, host, ["--only", only, "-o", format]);
    expect(run).toMatchObject({ exitCode, stderr: "" });
    expect(run.stdout).not.toBe("");
  });

  test("as a monitoring plug-in", async ({ lane }) => {
    const run = await runProbe(lane, host, ["--only", only, "--exit-style", "nagios"]);
    expect(run.exitCode).toBe(pluginCode);
  });
});

test("Ctrl-C in mid-run: exit code 130, and the report holds what is known", async ({ lane }) => {
  await loadFirewall(lane, faultOn([KERBEROS_UDP], "dropped"));
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-run-"));
  const file = join(folder, "report.json");
  try {
    // Ranges come after the last single row; each answer is printed as it comes.
    const unfinished: readonly LabRow[] = [KERBEROS_UDP, DCOM_TCP, DCOM_UDP];
    const awaited = new Set(
      ROWS.filter((row) => row !== NETBIOS_DATAGRAM && !unfinished.includes(row)).map(({ check }) => check),
    );
    const args = ["--skip", "udp/138", "-o", "ndjson", "-o", `json=${file}`];
    const [program, ...words] = probeCommand(lane, DC.v4, args);
    const child = spawn(program!, words, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      const { check } = JSON.parse(line);
      // A second Ctrl-C would end the process at once, report or not.
      if (awaited.delete(check) && awaited.size === 0) child.kill("SIGINT");
    }
    expect(await ended).toEqual([130, null]);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      type: "summary",
      summary: { exitCode: 130 },
    });
    const document = JSON.parse(await readFile(file, "utf8"));
    const interrupted = new Map<LabRow, Condition>([...unfinished, NETBIOS_DATAGRAM].map((row) => [row, "left-out"]));
    const isRow = ([key]: [string, string]) => !key.includes(" > ");
    const seen = Object.fromEntries(Object.entries(seenMatrix(document, lane)).filter(isRow));
    const expected = expectedMatrix(DC.v4, allRows("well", interrupted));
    expect(seen).toEqual(Object.fromEntries(Object.entries(expected).filter(isRow)));
  } finally {
    await rm(folder, { recursive: true });
  }
});
