/** `run --responder` as a process: the words it takes and refuses, what it proves, and that the key is not told. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { reportSchema } from "../../src/report/schema.ts";
import { AT, FIRST, KEY, respond } from "../responder/pair.ts";
import { run, start } from "./command.ts";

const DIGITS = Buffer.from(KEY).toString("hex");
let folder: string;
let keyFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  keyFile = await fileWith("key", `${DIGITS}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** A service and media in the range of the test's responder. */
const profileFile = () =>
  fileWith(
    "mine.yaml",
    [
      "id: mine",
      "title: Here → there",
      "product: Test",
      "from: here",
      "to: there",
      "rows:",
      `  - {service: NTP, ports: [udp/${FIRST}], prober: ntp}`,
      `  - {service: Accept, ports: [tcp/${FIRST}], prober: tcp-connect, expect: accept}`,
      `  - {service: Voice, ports: [udp/${FIRST + 1}-${FIRST + 40}], prober: port-sweep, expect: path, media: true, required: false}`,
      "",
    ].join("\n"),
  );

const documentOf = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout) as ReportDocument;

describe("run with a responder", () => {
  it("proves what nothing listens for, and says so on every row", async () => {
    await using far = await respond();
    const asked = ["--profile", await profileFile(), "--host", AT, "-q", "-o", "json"];
    const ended = await run([...asked, "--responder", `${AT}:${far.port}`, "--key-file", keyFile]);
    const { results, summary, findings } = documentOf(ended);
    expect(reportSchema.safeParse(documentOf(ended)).error).toBeUndefined();
    const rows = results.filter(({ canary }) => canary !== true);
    expect(rows.map(({ service, reason, outcome, required }) => [service, reason, outcome, required])).toEqual([
      ["NTP", "responder-receipt", "inconclusive", true],
      // The responder accepts, and the row wants the service to.
      ["Accept", "responder-receipt", "inconclusive", true],
      ["Voice", "responder-receipt", "pass", true],
    ]);
    expect(rows.map(({ seenAs }) => seenAs)).toEqual(rows.map(({ source }) => source));
    expect([ended.exitCode, summary.pass, findings]).toEqual([3, 1, []]);
    const path = await run([
      ...[...asked, "--expect", "path"],
      ...["--responder", `${AT}:${far.port}`, "--key-file", keyFile],
    ]);
    expect([path.exitCode, documentOf(path).summary.pass]).toEqual([0, 3]);
    await far.event((event) => event.what === "ended");
  });

  it("takes the responder and the key from the environment too, and a site file's responders", async () => {
    await using far = await respond();
    const site = await fileWith("site.yaml", `role: cucm\nhosts: {unity: ${AT}}\nresponders: ["${AT}:${far.port}"]\n`);
    const only = ["--only", "udp/22800-32767", "--rate", "max", "-q", "-o", "json"];
    const bySite = await run(["--site", site, "--key-file", keyFile, ...only]);
    const environment = { UNITY_PROBE_RESPONDER: `${AT}:${far.port}`, UNITY_PROBE_KEY_FILE: keyFile };
    const byTwin = await run(["--profile", "cucm-to-unity", "--host", AT, "-q", "-o", "json"], environment);
    for (const ended of [bySite, byTwin]) {
      const rtp = documentOf(ended).results.find(({ check }) => check === "rtp/udp/22800-32767");
      expect(rtp).toMatchObject({ outcome: "pass", range: { total: 9_968, tested: 9_968, open: 9_968 } });
      expect(ended.exitCode).toBe(0);
    }
  });

  it.runIf(platform() === "linux")(
    "has the key neither in its words nor its environment nor what it says",
    async () => {
      await using far = await respond();
      const asked = ["--profile", await profileFile(), "--host", AT, "-v", "-o", "json"];
      const { child, ended } = start([...asked, "--responder", `${AT}:${far.port}`, "--key-file", keyFile]);
      const shown = await Promise.all(
        ["cmdline", "environ"].map((name) => readFile(`/proc/${child.pid}/${name}`, "latin1")),
      );
      const { stdout, stderr } = await ended;
      expect(stdout).toContain("responder-receipt");
      for (const text of [...shown, stdout, stderr]) expect(text.toLowerCase()).not.toContain(DIGITS.slice(0, 16));
    },
  );

  it("goes on without it where there is none, and says why", async () => {
    const ended = await run([
      ...["--profile", await profileFile(), "--host", AT, "-q", "-o", "json", "--only", "Voice"],
      ...["--responder", `${AT}:${FIRST - 1}`, "--key-file", keyFile],
    ]);
    const { findings, results } = documentOf(ended);
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringContaining(`the responder at ${AT} was not reached (tcp/${FIRST - 1}: ECONNREFUSED)`),
    ]);
    expect(results.find(({ service }) => service === "Voice")?.outcome).toBe("skipped");
    expect(ended.exitCode).toBe(3);
  });
});

describe("words that cannot be meant", () => {
  const HOSTS = ["--profile", "failover-secondary", "--host", "dc01.example.com"];

  it.each([
    [["--responder", "dc01.example.con"], 'is at no host that is asked; did you mean "dc01.example.com"?'],
    [["--responder", "10.0.0.7:7654"], "the responder 10.0.0.7:7654 is at no host that is asked"],
    [["--responder", "dc01.example.com:0"], "the responder dc01.example.com:0"],
    [["--responder", "dc01.example.com:1", "--responder", "dc01.example.com:2"], "dc01.example.com has two responders"],
    [["--responder", "dc01.example.com"], "--key-file is missing, and a responder answers nobody without the key"],
    [["--responder", "dc01.example.com", "--key-file", "no-such-file"], "no-such-file"],
  ])("%j", async (words, said) => {
    const { exitCode, stdout, stderr } = await run([...HOSTS, ...words]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(said);
  });

  it("a site's responder at a host that it does not name, with the place", async () => {
    const site = await fileWith("wrong.yaml", "role: unity\nhosts: {exchange-store: ex01}\nresponders: [ex02]\n");
    const { exitCode, stderr } = await run(["plan", "--site", site]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("wrong.yaml:3");
    expect(stderr).toContain('did you mean "ex01"?');
  });
});

it("plan counts tokens, asks media too, and needs no key", async () => {
  const words = ["plan", "--profile", "cucm-to-unity", "--host", "unity01", "--only", "udp/22800-32767", "-o", "json"];
  const { exitCode, stdout } = await run([...words, "--responder", "unity01"]);
  const [rtp] = (JSON.parse(stdout) as ReportDocument).results;
  expect(exitCode).toBe(0);
  expect(rtp).toMatchObject({ outcome: "planned", estimate: { packets: 3 * 9_968, bytes: 3 * 9_968 * 32 } });
  expect(rtp?.detail).toContain("by the responder");
});
