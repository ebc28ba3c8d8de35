/** TLS against nginx and openssl's own server: good and bad certificates, an old version, a client's certificate. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { DC } from "./addresses.ts";
import { askRows, type Result } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import type { Lane } from "./namespaces.ts";
import { NGINX, NGINX_NAME, startNginx } from "./nginx.ts";
import { OPENSSL, startOpenssl } from "./openssl-server.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/tls");
const TRUST = { NODE_EXTRA_CA_CERTS: join(FIXTURES, "self-signed.pem") };

let folder: string;
const daemons: Daemon[] = [];

beforeAll(async () => {
  const lab = inject("lab");
  folder = await mkdtemp(join(tmpdir(), "unity-lab-tls-"));
  daemons.push(await startNginx(lab, folder));
  for (const which of ["tls10", "mutual"] as const) daemons.push(await startOpenssl(lab, which, folder));
});

afterAll(async () => {
  for (const daemon of daemons) await endDaemon(daemon);
  await rm(folder, { recursive: true, force: true });
});

interface How {
  readonly name?: string;
  /** Further keys of the row's tls. */
  readonly more?: string;
  readonly args?: readonly string[];
}

async function askTls(lane: Lane, port: number, { name = NGINX_NAME, more = "", args = [] }: How = {}) {
  const row = `{service: TLS, ports: [tcp/${port}], prober: tls, tls: {server-name: ${name}${more}}}`;
  const asked = await askRows(lane, [row], DC.v4, args, TRUST);
  return { exitCode: asked.exitCode, result: asked.of(`tls/tcp/${port}`) };
}

describe("certificates", () => {
  test.for([
    { what: "good", port: NGINX.good, tlsVersion: "TLSv1.3" },
    { what: "TLS 1.2", port: NGINX.tls12, tlsVersion: "TLSv1.2" },
  ])("$what: nothing to warn of", async ({ port, tlsVersion }, { lane }) => {
    const { result } = await askTls(lane, port, { args: ["--strict-tls"] });
    expect(result).toMatchObject({
      outcome: "pass",
      serviceState: "confirmed",
      warnings: [],
      evidence: { tlsVersion },
    });
  });

  test.for([
    { what: "soon over", port: NGINX.endsSoon, warning: /^the certificate ends in 9 days/ },
    { what: "expired", port: NGINX.expired, warning: /^the certificate expired \d+ days ago \(2011-01-01\)/ },
    { what: "another name", port: NGINX.good, name: "dc02.example.com", warning: /bears another name: asked for dc02/ },
  ])("$what: a warning, and a failure under --strict-tls", async ({ port, name = NGINX_NAME, warning }, { lane }) => {
    const { result, exitCode } = await askTls(lane, port, { name });
    expect({ ...result, exitCode }).toMatchObject({ outcome: "pass", serviceState: "confirmed", exitCode: 0 });
    expect(result.warnings).toContainEqual(expect.stringMatching(warning));
    const strict = await askTls(lane, port, { name, args: ["--strict-tls"] });
    expect({ outcome: strict.result.outcome, exitCode: strict.exitCode }).toEqual({ outcome: "fail", exitCode: 1 });
  });
});

test("a server of TLS 1.0 alone is asked again, and warned about", async ({ lane }) => {
  const { result } = await askTls(lane, OPENSSL.tls10);
  expect(result).toMatchObject({ outcome: "pass", serviceState: "confirmed", attempts: 2 });
  expect(result.detail).toMatch(/^TLS 1\.0, certificate for dc01\.example\.com/);
  expect(result.warnings).toContain("speaks only TLS 1.0");
});

describe("a server that wants a certificate", () => {
  const withOwn = async (lane: Lane, certificate: string, key: string): Promise<Result> => {
    const file = join(await mkdtemp(join(folder, "own-")), "own.pem");
    const pem = await Promise.all([certificate, key].map((name) => readFile(join(FIXTURES, `${name}.pem`), "utf8")));
    await writeFile(file, pem.join(""), { mode: 0o600 });
    const how = { more: ", client-certificate: own", args: ["--secret", `own=${file}`] };
    return (await askTls(lane, OPENSSL.mutual, how)).result;
  };

  test("is proven without one, and refuses", async ({ lane }) => {
    const { result } = await askTls(lane, OPENSSL.mutual);
    expect(result).toMatchObject({ outcome: "pass", serviceState: "refused", reason: "tls-alert" });
    expect(result.detail).toMatch(/^TLS proven, inner protocol not asked: the peer wants a client certificate/);
  });

  test("takes the one that it knows", async ({ lane }) => {
    expect(await withOwn(lane, "self-signed", "key")).toMatchObject({ outcome: "pass", serviceState: "confirmed" });
  });

  test("refuses another one, and that is told as ours", async ({ lane }) => {
    const result = await withOwn(lane, "rsa", "rsa-key");
    expect(result).toMatchObject({ outcome: "pass", serviceState: "refused", reason: "tls-alert" });
    expect(result.detail).toContain("the peer refuses our client certificate");
  });
});
