import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { ldapServer, NAME } from "../probers/ldap-server.ts";
import { type Environment, run } from "./command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;

/** A file with this in it that nobody else may read. */
async function fileWith(text: string, ending = ""): Promise<string> {
  const path = join(folder, `file-${files++}${ending}`);
  await writeFile(path, text);
  await chmod(path, 0o600);
  return path;
}

describe("a client certificate", () => {
  const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), "utf8");
  const row = (port: number) =>
    `{service: Mutual, ports: [tcp/${port}], prober: tls, tls: {server-name: ${NAME}, client-certificate: own}}`;
  const profileWith = (port: number) =>
    fileWith(`id: site\ntitle: T\nproduct: Test\nfrom: here\nto: there\nrows:\n  - ${row(port)}\n`, ".yaml");
  const mutual = () =>
    ldapServer({ begins: "inside TLS", tls: { requestCert: true, rejectUnauthorized: true, ca: pem("self-signed") } });

  it.each<readonly [string, (file: string) => readonly string[], Environment]>([
    ["from a file", (file) => ["--secret", `own=${file}`], {}],
    ["from the environment", () => [], { UNITY_PROBE_SECRET_OWN: pem("key") + pem("self-signed") }],
  ])("%s opens a server that wants one, and its key shows up nowhere", async (_from, more, environment) => {
    await using one = await mutual();
    const file = await fileWith(pem("self-signed") + pem("key"));
    const words = [
      "-p",
      await profileWith(one.local.port),
      "-H",
      "127.0.0.1",
      "-o",
      "json",
      "--verbose",
      ...more(file),
    ];
    const { exitCode, stdout, stderr } = await run(words, environment);
    expect(exitCode, stdout + stderr).toBe(0);
    expect((JSON.parse(stdout) as ReportDocument).results[0]).toMatchObject({ serviceState: "confirmed" });
    for (const line of pem("key").split("\n").slice(1, 3)) expect(stdout + stderr).not.toContain(line);
  });

  it.each([
    ["is not given", async () => [], /the row "Mutual" wants the secret "own"; add --secret own=FILE/],
    [
      "has no key",
      async () => ["--secret", `own=${await fileWith(pem("self-signed"))}`],
      / holds no client certificate/,
    ],
    [
      "has no certificate",
      async () => ["--secret", `own=${await fileWith(pem("key"))}`],
      / holds no client certificate/,
    ],
    [
      "has another key",
      async () => ["--secret", `own=${await fileWith(pem("self-signed") + pem("rsa-key"))}`],
      / holds no client certificate with its key; one file with/,
    ],
    [
      "is too long",
      async () => ["--secret", `own=${await fileWith("x".repeat(70_000))}`],
      / holds more than 65536 bytes$/,
    ],
  ] as const)("that %s ends with exit 2, and nothing is sent", async (_why, words, complaint) => {
    await using one = await mutual();
    const args = ["-p", await profileWith(one.local.port), "-H", "127.0.0.1", ...(await words())];
    const { exitCode, stdout, stderr } = await run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.trimEnd()).toMatch(complaint);
    expect(stderr).not.toContain("BEGIN");
    expect(one.inClear()).toHaveLength(0);
  });

  it("is no password of another row", async () => {
    const password = `{service: A, ports: [tcp/636], prober: ldap-bind, tls: {}, params: {bindDn: cn=a, password: own}}`;
    const text = `id: site\ntitle: T\nproduct: Test\nfrom: here\nto: there\nrows:\n  - ${password}\n  - ${row(443)}\n`;
    const { exitCode, stderr } = await run(["plan", "-p", await fileWith(text, ".yaml"), "-H", "127.0.0.1"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the secret "own" is a password in one row and a certificate in another');
  });
});
