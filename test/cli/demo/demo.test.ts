import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../src/cli/demo/faults.ts";
import type { ReportDocument } from "../../../src/report/document.ts";
import { run, start } from "../command.ts";

describe("demo", () => {
  it("shows its three faults and nothing else out of order, and says what a run would end with", async () => {
    const folder = await mkdtemp(join(tmpdir(), "unity-probe-demo-"));
    const file = join(folder, "report.json");
    const { exitCode, stdout, stderr } = await run(["demo", "-o", "table", "-o", `json=${file}`]);
    const { results, summary, source } = JSON.parse(await readFile(file, "utf8")) as ReportDocument;
    await rm(folder, { recursive: true });

    expect(exitCode, stderr).toBe(0);
    const failed = results.filter(({ outcome }) => outcome === "fail");
    expect(failed.map(({ check }) => check).sort()).toEqual(Object.keys(FAULTS).sort());
    expect(summary.exitCode).toBe(1);
    expect(summary.pass).toBeGreaterThan(0);
    expect(source.host).not.toBe("");

    expect(stderr).toContain("The profile failover-secondary against stand-ins on 127.0.0.1, with three faults in it");
    expect(stderr).toContain("A run that sees this ends with exit code 1.");
    expect(stderr).toContain("exactly its three faults");
    for (const [id, { what }] of Object.entries(FAULTS)) expect(stderr).toContain(`  ${id}: ${what}\n`);

    // The profile's port in front, the real one behind it: in every line the same distance apart.
    const text = stdout.replaceAll(/\s+/g, " ");
    const lines = [...text.matchAll(/(?:tcp|udp)\/(\d+)(?:-\d+)? (?:(?!(?:tcp|udp)\/).)*?\[via 127\.0\.0\.1:(\d+)/g)];
    const rows = results.filter(({ canary }) => canary !== true);
    expect(lines.map(([, port]) => port)).toEqual(rows.map(({ ports }) => ports.split("-")[0]));
    expect(new Set(lines.map(([, port, really]) => Number(really) - Number(port))).size).toBe(1);
  });

  it.runIf(process.platform !== "win32")("ends at once when it is interrupted", async () => {
    const { child, firstLine, ended } = start(["demo", "-o", "ndjson"]);
    await firstLine;
    child.kill("SIGINT");
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain("three faults:");
  });
});
