/** `--engine`, through the built command: which way a range is swept, with little of what it needs too. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import type { ReportDocument } from "../../src/report/document.ts";
import { peer } from "../net/loopback.ts";
import { type Ended, run } from "./command.ts";

const bin = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));
const { features, close } = await openSockets();
close();
const isRoot = process.getuid?.() === 0;
/** Whoever runs under it has no CAP_NET_RAW, and can still read what its starter can (util-linux). */
const WITHOUT_NET_RAW = ["--inh-caps=-net_raw", "--bounding-set=-net_raw"];

let folder: string;
let profile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  await chmod(folder, 0o755);
  profile = join(folder, "range.yaml");
  const head = "id: range\ntitle: Here → there\nproduct: Test\nfrom: here\nto: there\n";
  const variables = "variables:\n  range: {default: 50000-50199, about: a range}\n";
  await writeFile(
    profile,
    `${head}${variables}rows:\n  - {service: Range, ports: [tcp/$range], prober: port-sweep, expect: path}\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const words = (...args: readonly string[]) => ["--profile", profile, "--host", "127.0.0.1", "-o", "json", ...args];

/** Runs a program in place of Node's own start, for instance a shell that lowers a limit first. */
function runBy(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function rangeOf({ stdout, stderr }: Ended) {
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as ReportDocument).results.find((one) => one.service === "Range")!;
}

describe("--engine", () => {
  const engines = [
    ["auto", features.tcpErrorQueue.has],
    ["connect", features.tcpErrorQueue.has],
    ["syn", features.rawSockets.has],
    ["portable", undefined],
  ] as const;
  it.each(engines.filter(([, works]) => works !== false))("%s finds the one open port", async (engine, errorQueue) => {
    await using open = await peer(() => {});
    const { port } = open.local;
    const ended = await run(words("--engine", engine, "--set", `range=${port - 100}-${port + 100}`));
    const { range, ...row } = rangeOf(ended);
    expect(range?.ports.open?.split(/[,-]/)).toContain(`${port}`);
    expect(range).toMatchObject({ total: 201, tested: 201, filtered: 0, unknown: 0 });
    if (errorQueue === true) expect(row).toMatchObject({ errorQueue: true, outcome: "pass" });
  });

  it("refuses a word that it does not know", async () => {
    const { exitCode, stderr } = await run(words("--engine", "fast"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--engine");
  });
});

describe.runIf(platform() === "linux" && isRoot && features.rawSockets.has)("without CAP_NET_RAW", () => {
  const runWithout = (...args: readonly string[]) =>
    runBy("setpriv", [...WITHOUT_NET_RAW, process.execPath, bin, ...words(...args)]);

  it("syn is a mistake that names what it needs", async () => {
    const { exitCode, stderr, stdout } = await runWithout("--engine", "syn");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^unity-probe: --engine syn .*CAP_NET_RAW/);
  });

  it("auto connects, and sees the ICMP error queue all the same", async () => {
    const ended = await runWithout();
    expect(rangeOf(ended)).toMatchObject({ errorQueue: true, outcome: "pass" });
  });
});

describe.runIf(platform() === "linux" && features.tcpErrorQueue.has)("with 256 descriptors", () => {
  it("a range of 10,000 ports is swept in full", async () => {
    const command = [process.execPath, bin, ...words("--engine", "connect", "--rate", "max", "--full")];
    const range = ["--set", "range=50000-59999"];
    const ended = await runBy("sh", ["-c", 'ulimit -n 256 && exec "$0" "$@"', ...command, ...range]);
    const { range: seen, ...row } = rangeOf(ended);
    expect(seen).toMatchObject({ total: 10_000, tested: 10_000, filtered: 0, unknown: 0 });
    expect(row.errorQueue).toBe(true);
  });
});
