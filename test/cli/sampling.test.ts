/** Samples of long ranges, through the built command: what `plan` says of them, what a run asks, and what it claims. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { run } from "./command.ts";

let folder: string;
let profile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  profile = join(folder, "media.yaml");
  const rows = [
    "{service: Media, ports: [udp/22800-32767], prober: port-sweep, expect: path}",
    "{service: Calls, ports: [tcp/30000-32000], prober: port-sweep, expect: path}",
    "{service: RPC, ports: [tcp/5000-5020], prober: port-sweep, expect: path}",
  ];
  const head = "id: media\ntitle: Here → there\nproduct: Test\nfrom: here\nto: there\n";
  await writeFile(profile, `${head}rows:\n${rows.map((row) => `  - ${row}\n`).join("")}`);
});
afterAll(() => rm(folder, { recursive: true }));

async function ask(verb: "run" | "plan", ...args: readonly string[]) {
  const words = [verb, "--profile", profile, "--host", "127.0.0.1", "-o", "json", ...args];
  const { stdout, stderr, exitCode } = await run(words);
  const document: ReportDocument | undefined = stdout === "" ? undefined : JSON.parse(stdout);
  const row = (service: string) => document!.results.find((one) => one.service === service)!;
  return { document, row, stderr, exitCode };
}

describe("plan", () => {
  it("says how many ports of a long range are asked, and what all of them would take", async () => {
    const { row } = await ask("plan");
    expect(row("Media").detail).toBe("port-sweep, 31 of 9,968 ports: about 93 packets, 0 bytes, 34 s");
    expect(row("Calls").estimate).toMatchObject({ sample: 305, packets: 610 });
    expect(row("RPC").estimate).not.toHaveProperty("sample");
    const full = await ask("plan", "--full");
    expect(full.row("Media").detail).toBe("port-sweep: about 29,904 packets, 0 bytes, 2.8 h");
    expect((await ask("plan", "--sample", "10")).row("RPC").estimate).toMatchObject({ sample: 10 });
  });
});

describe("a run", () => {
  it("asks a sample of a long range, and says what that proves", async () => {
    const { row, stderr } = await ask("run", "--only", "Calls");
    const { range, detail } = row("Calls");
    const { ports, open = 0, closed = 0 } = range ?? {};
    expect(range).toMatchObject({ total: 2_001, tested: 305, unknown: 0 });
    expect(open + closed).toBe(305);
    // Somebody may listen on one of them.
    const asked = [ports?.open, ports?.closed].join(",").split(/[,-]/);
    expect(asked).toEqual(expect.arrayContaining(["30000", "32000"]));
    expect(range?.confidence).toMatch(/^305 of 2,001 asked, /);
    expect(detail).toMatch(/, 1696 not asked/);
    expect(stderr).toBe("");
  });

  it("with --full asks all of it, however long it is", async () => {
    const { row } = await ask("run", "--only", "Calls", "--full", "--rate", "max");
    expect(row("Calls").range).toMatchObject({ total: 2_001, tested: 2_001 });
    expect(row("Calls").range).not.toHaveProperty("confidence");
  });

  it.each([
    [["--sample", "2"], "--sample is not a whole number from 3 to 65535"],
    [["--sample", "31", "--full"], "--sample beside --full"],
  ])("with %j is a mistake", async (args, message) => {
    const { exitCode, stderr } = await ask("run", ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
