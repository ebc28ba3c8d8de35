/** Profiles of the user's own: in a folder, and extending a shipped one. Only plans: nothing is sent. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { run } from "./command.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

async function planOf(args: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(["plan", "--host", "192.0.2.1", "-o", "json", ...args]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return (JSON.parse(stdout) as ReportDocument).results.filter(({ canary }) => canary !== true);
}

async function complaintOf(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(["plan", "--host", "192.0.2.1", ...args]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  return stderr.trimEnd();
}

const OURS = `id: ours
extends: failover-secondary
variables:
  dcom-range: {default: 6000-6050}
switches:
  no-time: {default: true, about: Our DCs take time elsewhere}
rows:
  - {service: NTP, ports: [udp/123], prober: ntp, when: not no-time}
  - {service: Kerberos, ports: [tcp/88], prober: kerberos, required: false}
  - {service: Web, ports: [tcp/8080], prober: tcp-connect, expect: accept}
`;

describe("a profile that extends a shipped one", () => {
  it("has its rows, with its own in place of those that it names and behind them", async () => {
    const rows = await planOf(["--profile", await write("ours.yaml", OURS)]);
    const shipped = await planOf(["--profile", "failover-secondary"]);
    const changed = (id: string) => id.replace("5000-5020", "6000-6050");
    expect(rows.map(({ check }) => check)).toEqual([...shipped.map(({ check }) => changed(check)), "web/tcp/8080"]);
    const one = (id: string) => rows.find(({ check }) => check === id);
    expect(one("ntp/udp/123")).toMatchObject({ outcome: "skipped", detail: "no-time on" });
    expect(one("kerberos/tcp/88")).toMatchObject({ required: false });
    expect(one("kerberos/udp/88")).toMatchObject({ required: true, seed: { document: "001", line: 80 } });
  });

  it("may extend one that extends another", async () => {
    await write("ours.yaml", OURS);
    const path = await write("more.yaml", "id: more\ntitle: More → still\nextends: ./ours.yaml\n");
    expect(await planOf(["--profile", path])).toHaveLength(16);
  });

  it("never goes round in a circle", async () => {
    await write("a.yaml", "id: a\nextends: ./b.yaml\n");
    const b = await write("b.yaml", "id: b\nextends: ./a.yaml\n");
    const said = await complaintOf(["--profile", b]);
    expect(said).toContain('a.yaml:2:10: "extends" goes round in a circle:');
    const itself = await write("c.yaml", "id: c\nextends: ./c.yaml\n");
    expect(await complaintOf(["--profile", itself])).toContain('c.yaml:2:10: "extends" goes round in a circle:');
  });

  it.each([
    ["failover-secundary", 'ours.yaml:2:10: there is no profile "failover-secundary"; did you mean'],
    ["./nowhere.yaml", "nowhere.yaml cannot be read: there is no such file"],
  ])("of %s is refused", async (base, said) => {
    const path = await write("ours.yaml", `id: ours\nextends: ${base}\n`);
    expect(await complaintOf(["--profile", path])).toContain(said);
  });
});

describe("--profiles-dir", () => {
  it("makes own profiles known by their ids", async () => {
    await write("ours.yaml", OURS);
    expect(await planOf(["--profiles-dir", folder, "--profile", "ours"])).toHaveLength(16);
    const { stdout } = await run(["profiles", "list", "--profiles-dir", folder]);
    expect(stdout).toMatch(/^ {2}ours +Unity secondary → DC$/m);
  });

  it("refuses a name that is taken, a mistake in a file, and a folder that is not there", async () => {
    await write("ours.yaml", OURS.replace("id: ours", "id: unity-to-dns"));
    const taken = await complaintOf(["--profiles-dir", folder, "--profile", "unity-to-dns"]);
    expect(taken).toMatch(/ours\.yaml: the name "unity-to-dns" already belongs to profiles\//);
    await write("ours.yaml", OURS.replace("tcp/8080", "tcp/0"));
    expect(await complaintOf(["--profiles-dir", folder, "--profile", "ours"])).toContain(
      "ours.yaml:10:28: there is no port 0",
    );
    const nowhere = join(folder, "nowhere");
    expect(await complaintOf(["--profiles-dir", nowhere, "--profile", "ours"])).toContain(
      "cannot be read: there is no such folder",
    );
  });
});
