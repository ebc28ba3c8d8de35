/** A site file over a real Samba domain controller in two roles: asked once, and shown as a DC and as a GC. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { DC } from "./addresses.ts";
import { run } from "./command.ts";
import { test } from "./lane.ts";
import { inside } from "./namespaces.ts";

const SITE = `role: unity-secondary
hosts:
  domain-controller: ${DC.v4}
  global-catalog: ${DC.v4}
set: {dcom-range: 5000-5020}
with: [sip]
`;

test("a domain controller that is a global catalog has two matrices, and is asked once", async ({ lane }) => {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-site-"));
  try {
    const site = join(folder, "site.yaml");
    await writeFile(site, SITE);
    const words = ["bin/unity-probe.js", "run", "--site", site, "-q", "-o", "json"];
    const { exitCode, stdout, stderr } = await run(inside(lane.agent, [process.execPath, ...words]), {
      timeoutMs: 80_000,
    });
    const { results, profiles, summary, source } = JSON.parse(stdout) as ReportDocument;
    expect(source.role).toBe("unity-secondary");
    expect(profiles.map(({ id }) => id)).toEqual(["failover-secondary", "unity-secondary-to-gc"]);
    expect(stderr).toContain("unity-to-dns is not asked: no host is named for dns-server");
    expect(summary.exitCode).toBe(exitCode);
    const rowsOf = (profile: string) =>
      new Map(results.filter((one) => one.profile === profile).map((one) => [one.check, one]));
    const [asDc, asGc] = [rowsOf("failover-secondary"), rowsOf("unity-secondary-to-gc")];
    const shared = [...asGc.values()].filter(({ check }) => asDc.has(check));
    expect(shared.length).toBeGreaterThan(10);
    for (const one of shared) {
      const { state, outcome, durationMs } = asDc.get(one.check)!;
      expect(one, one.check).toMatchObject({ state, outcome, durationMs });
    }
    for (const check of ["kerberos/udp/88", "ldap/tcp/389", "ldap/tcp/3268", "ldap-over-ssl/tcp/3269"]) {
      expect(asGc.get(check), check).toMatchObject({ state: "open", outcome: "pass" });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
