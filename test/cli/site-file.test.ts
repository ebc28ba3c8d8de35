/** A run over a site file: stand-ins of a domain controller on loopback, and profiles of the test's own. */
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

async function siteFile(text: string): Promise<string> {
  const path = join(folder, "site.yaml");
  await writeFile(path, text);
  return path;
}

const SITE = `hosts:
  domain-controller: [127.0.0.1, 127.0.0.2]
  global-catalog: {host: 127.0.0.3, addresses: [127.0.0.4]}
  snmp-station: 127.0.0.5
set: {dcom-range: 5000-5020}
with: [sip]
`;

const documentOf = (text: string) => JSON.parse(text) as ReportDocument;

describe("a site file", () => {
  it("is planned: every vector of the role, each with its hosts, and what is not asked is named", async () => {
    const site = await siteFile(`role: unity-secondary\n${SITE}`);
    const { exitCode, stdout, stderr } = await run(["plan", "--site", site, "-o", "json"]);
    const document = documentOf(stdout);
    expect(exitCode).toBe(0);
    expect(document.source.role).toBe("unity-secondary");
    expect(document.profiles.map(({ id }) => id)).toEqual(["failover-secondary", "unity-secondary-to-gc"]);
    const hosts = (id: string) => [
      ...new Set(document.results.filter((one) => one.profile === id).map((one) => one.host)),
    ];
    expect(hosts("failover-secondary")).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    expect(hosts("unity-secondary-to-gc")).toEqual(["127.0.0.3"]);
    expect(stderr).toContain("unity-probe: unity-to-dns is not asked: no host is named for dns-server\n");
    expect(stderr).toContain("unity-probe: 127.0.0.5 (snmp-station): no vector from unity-secondary goes there\n");
  });

  it("is run: one matrix for each vector, one summary, one exit code, and a shared row is asked once", async () => {
    const site = await siteFile("hosts: {global-catalog: 127.0.0.1}\n");
    const args = ["--site", site, "--role", "unity-secondary", "--only", "tcp/389", "-q", "-o", "json"];
    const { exitCode, stdout } = await run(["run", ...args]);
    const { results, summary } = documentOf(stdout);
    const asked = results.filter(({ outcome, canary }) => outcome !== "skipped" && canary !== true);
    expect(asked.map(({ profile, check }) => [profile, check])).toEqual([
      ["failover-secondary", "ldap/tcp/389"],
      ["unity-secondary-to-gc", "ldap/tcp/389"],
    ]);
    expect(new Set(asked.map(({ state, durationMs }) => `${state} ${durationMs}`)).size).toBe(1);
    expect(summary.exitCode).toBe(exitCode);
    expect(summary.fail).toBe(2);
  });

  it.each([
    ["a role that nobody knows", ["--role", "unity-secundary"], 'there is no role "unity-secundary"; did you mean'],
    ["no role at all", [], "does not say what this machine is; add --role"],
    ["a profile beside it", ["--profile", "unity-to-dns"], "--profile beside --site; the site file says it"],
    ["a host beside it", ["--host", "dc01"], "--host beside --site; the site file says it"],
  ])("with %s is refused", async (_, args, said) => {
    const { exitCode, stdout, stderr } = await run(["plan", "--site", await siteFile(SITE), ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(said);
  });

  it("is what --role is about", async () => {
    const { exitCode, stderr } = await run(["plan", "--role", "unity", "--profile", "unity-to-dns", "--host", "a"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--role is about a site; add --site FILE");
  });
});
