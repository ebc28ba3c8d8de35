import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { site } from "../cli/site.ts";
import { run } from "../lab/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const onWindows = process.platform === "win32";
const scratch = mkdtempSync(join(tmpdir(), "unity-probe-pack-"));
const prefix = join(scratch, "prefix");
const installedFolder = join(prefix, onWindows ? "" : "lib", "node_modules", "unity-probe");
// What npm makes for Windows is a batch file, and only a shell starts one.
const installed = onWindows
  ? [process.execPath, join(installedFolder, "bin", "unity-probe.js")]
  : [join(prefix, "bin", "unity-probe")];

/** Runs npm with an empty cache and no way to a registry: whatever is not in the tarball is not there. */
function npm(...args: readonly string[]): string {
  const options = ["--offline", "--cache", join(scratch, "cache"), "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, stdout, stderr } = spawnSync("npm", [...args, ...options], {
    cwd: root,
    encoding: "utf8",
    // npm is a batch file there.
    shell: onWindows,
    timeout: 150_000,
  });
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: exit ${status}\n${stdout}${stderr}`);
  return stdout;
}

let packed: readonly string[] = [];

// `npm test` has built dist/, so that the tarball needs no build of its own.
beforeAll(() => {
  const [report] = JSON.parse(npm("pack", "--json", "--pack-destination", scratch));
  packed = (report.files as readonly { path: string }[]).map(({ path }) => path);
  npm("install", "--global", "--prefix", prefix, join(scratch, report.filename));
}, 320_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the tarball", () => {
  it("holds the command, its profiles and schemas, and nothing else", () => {
    const allowed = /^(?:(?:bin|dist|profiles|schema)\/.+|README\.md|LICENSE|package\.json)$/;
    expect(packed.filter((path) => !allowed.test(path))).toEqual([]);
    expect(packed).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "bin/unity-probe.js",
        "dist/DEPENDENCIES.txt",
        "dist/cli/main.js",
        "dist/page/page.html",
        "dist/profiles.json",
        "package.json",
        "profiles/cisco-unity/failover-secondary.yaml",
        "schema/profile.schema.json",
        "schema/report.schema.json",
      ]),
    );
  });

  it("holds all that was built", () => {
    const built = readdirSync(join(root, "dist"), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(packed.filter((path) => path.startsWith("dist/"))).toHaveLength(built.length);
  });
});

describe("installed without a registry, without scripts, without koffi", () => {
  it("brings no other package", () => {
    expect(readdirSync(installedFolder)).not.toContain("node_modules");
  });

  it("says its version", async () => {
    expect(await run([...installed, "--version"])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists its profiles", async () => {
    const { exitCode, stdout, stderr } = await run([...installed, "profiles", "list"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^ *failover-secondary /m);
  });

  it("explains a prober", async () => {
    const { exitCode, stdout, stderr } = await run([...installed, "explain", "ntp"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("RFC 5905");
  });

  it("reads a profile and asks a service", async () => {
    await using here = await site([{ service: "LDAP", prober: "ldap-bind", standIn: ldap({ wallMs: Date.now }) }]);
    const argv = [...installed, "--profile", here.profile, "--host", "127.0.0.1", "-o", "json"];
    const { exitCode, stdout, stderr } = await run(argv);
    const { results } = JSON.parse(stdout) as ReportDocument;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(results.find(({ service }) => service === "LDAP")).toMatchObject({
      outcome: "pass",
      reason: "protocol-reply",
    });
  });
});
