import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secretsFor } from "../../src/cli/secrets.ts";
import { expandPlan } from "../../src/profile/expand.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import { type LdapServer, ldapServer, NAME } from "../probers/ldap-server.ts";
import { profileOf } from "../profile/fixtures.ts";
import { type Environment, run } from "./command.ts";

const DN = "cn=probe,dc=example,dc=com";
const PASSWORD = "correct horse";
const POSIX = process.platform !== "win32";

/** The machine's own trust, widened by whoever signed the fixtures. */
const TRUST = { NODE_EXTRA_CA_CERTS: fileURLToPath(new URL("../fixtures/tls/self-signed.pem", import.meta.url)) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;

/** A file with this in it that nobody else may read. */
async function fileWith(text: string, mode = 0o600, ending = ""): Promise<string> {
  const path = join(folder, `file-${files++}${ending}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** A profile with one LDAP row that binds with an account, inside TLS or not. */
function profileFor(server: LdapServer, tls = `tls: {server-name: ${NAME}}, `): Promise<string> {
  const params = "params: {bindDn: $bind-dn, password: bind-password}";
  const row = `{service: LDAP, ports: [tcp/${server.local.port}], prober: ldap-bind, ${tls}${params}}`;
  const head = "id: site\ntitle: Here → there\nproduct: Test\nfrom: here\nto: there";
  const variables = "variables: {bind-dn: {type: text, about: Who binds}}";
  return fileWith(`${head}\n${variables}\nrows:\n  - ${row}\n`, 0o600, ".yaml");
}

const server = () =>
  ldapServer({ begins: "inside TLS", bind: (name, password) => (name === "" || password === PASSWORD ? 0 : 49) });

const argsFor = async (one: LdapServer, ...more: readonly string[]) => [
  ...["--profile", await profileFor(one), "--host", "127.0.0.1", "--set", `bind-dn=${DN}`, "-o", "json"],
  ...more,
];

/** Who bound, in order. */
const names = ({ heard }: LdapServer) =>
  heard.flatMap(({ operation }) => (operation.type === "bindRequest" ? [operation.name] : []));

describe("a password", () => {
  it.each<readonly [string, (file: string) => readonly string[], (file: string) => Environment]>([
    ["from a file", (file) => ["--secret", `bind-password=${file}`], () => ({})],
    ["from a file that the environment names", () => [], (file) => ({ UNITY_PROBE_SECRET: `bind-password=${file}` })],
    ["from the environment", () => [], () => ({ UNITY_PROBE_SECRET_BIND_PASSWORD: PASSWORD })],
  ])("%s binds its account, and shows up nowhere", async (_from, more, environment) => {
    await using one = await server();
    const file = await fileWith(`${PASSWORD}\n`);
    const args = await argsFor(one, ...more(file), "--verbose");
    const { exitCode, stdout, stderr } = await run(args, { ...TRUST, ...environment(file) });
    expect(exitCode, stdout + stderr).toBe(0);
    expect(names(one)).toEqual([DN]);
    const [row] = (JSON.parse(stdout) as ReportDocument).results;
    expect(row).toMatchObject({ outcome: "pass", detail: `${NAME}; bind as ${DN}: success`, warnings: [] });
    expect(stdout + stderr).not.toContain(PASSWORD);
    expect(one.inClear().includes(PASSWORD)).toBe(false);
  });

  it("is taken out of a file as an editor of Windows leaves it", async () => {
    await using one = await server();
    const args = await argsFor(one, "--secret", `bind-password=${await fileWith(`\uFEFF${PASSWORD}\r\n`)}`);
    const { stdout } = await run(args, TRUST);
    expect(stdout).toContain(`bind as ${DN}: success`);
  });

  it("stays here where the certificate is not trusted", async () => {
    await using one = await server();
    const args = await argsFor(one, "--secret", `bind-password=${await fileWith(PASSWORD)}`);
    const { exitCode, stdout } = await run(args);
    expect(exitCode).toBe(0);
    expect(names(one)).toEqual([""]);
    expect(stdout).toContain("the password was not sent: the certificate does not prove that this is the server");
  });

  it("that is wrong is shown to one host, and to no other", async () => {
    await using one = await server();
    const secret = `bind-password=${await fileWith("wrong")}`;
    const args = await argsFor(one, "--secret", secret, "--host", "localhost", "-4");
    const { exitCode, stdout } = await run(args, TRUST);
    expect(exitCode).toBe(0);
    expect(names(one).sort()).toEqual(["", DN]);
    expect(stdout).toContain("the account or its password was refused (invalidCredentials)");
    expect(stdout).toContain("it was refused before, and is not tried again until it changes");
  });

  it("is not wanted while nobody says whose it is", async () => {
    await using one = await server();
    const args = ["--profile", await profileFor(one), "--host", "127.0.0.1", "-o", "json"];
    expect((await run(args, TRUST)).exitCode).toBe(0);
    expect(names(one)).toEqual([""]);
  });
});

describe("a secret that cannot be used ends in one line and exit 2, and nothing is sent", () => {
  const bad: readonly (readonly [string, () => Promise<readonly string[]>, RegExp])[] = [
    [
      "is not given",
      async () => [],
      /the row "LDAP" wants the secret "bind-password"; add --secret bind-password=FILE, or set UNITY_PROBE_SECRET_BIND_PASSWORD$/,
    ],
    [
      "has no file",
      async () => ["--secret", `bind-password=${join(folder, "nowhere")}`],
      /nowhere cannot be read: there is no such file$/,
    ],
    [
      "is a folder",
      async () => ["--secret", `bind-password=${folder}`],
      / is no file$|cannot be read: it is a folder$/,
    ],
    ["is empty", async () => ["--secret", `bind-password=${await fileWith("")}`], / is empty, and so no secret$/],
    [
      "is an empty line",
      async () => ["--secret", `bind-password=${await fileWith("\r\n")}`],
      / is empty, and so no secret$/,
    ],
    [
      "has several lines",
      async () => ["--secret", `bind-password=${await fileWith("a\nb\n")}`],
      / holds more than one line$/,
    ],
    [
      "is UTF-16",
      async () => ["--secret", `bind-password=${await fileWith("h\0i\0")}`],
      / holds a NUL character; save it as UTF-8, not as UTF-16$/,
    ],
    [
      "is too long",
      async () => ["--secret", `bind-password=${await fileWith("x".repeat(256))}`],
      / holds more than 255 bytes$/,
    ],
    [
      "has another name",
      async () => ["--secret", `bind-pasword=${await fileWith("a")}`],
      /no row names a secret "bind-pasword"; did you mean "bind-password"\?$/,
    ],
    ["is no name and file", async () => ["--secret", "hunter2"], /--secret is not NAME=FILE$/],
  ];
  const modes = [0o604, 0o602, 0o644].map(
    (mode) =>
      [
        `is open to others by mode ${mode.toString(8)}`,
        async () => ["--secret", `bind-password=${await fileWith("a", mode)}`],
        new RegExp(`can be read or changed by others \\(mode ${mode.toString(8)}\\); chmod 600 `),
      ] as const,
  );

  it.each([...bad, ...(POSIX ? modes : [])])("because it %s", async (_why, words, complaint) => {
    await using one = await server();
    const args = await argsFor(one, ...(await words()));
    for (const verb of [[], ["plan"]]) {
      const { exitCode, stdout, stderr } = await run([...verb, ...args], TRUST);
      expect({ exitCode, stdout, lines: stderr.trimEnd().split("\n").length }).toEqual({
        exitCode: 2,
        stdout: "",
        lines: 1,
      });
      expect(stderr.trimEnd()).toMatch(complaint);
      expect(stderr).not.toContain("hunter2");
    }
    expect(one.inClear()).toHaveLength(0);
  });

  it("because its row speaks in clear", async () => {
    await using one = await server();
    const secret = `bind-password=${await fileWith(PASSWORD)}`;
    const args = ["--profile", await profileFor(one, ""), "--host", "127.0.0.1", "--secret", secret];
    const { exitCode, stderr } = await run(args, TRUST);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('"password" is sent inside TLS only, and the row has none; add tls: {} or');
    expect(one.inClear()).toHaveLength(0);
  });

  it("because no row names any", async () => {
    const secret = `bind-password=${await fileWith(PASSWORD)}`;
    const { exitCode, stderr } = await run(["-p", "failover-secondary", "-H", "127.0.0.1", "--secret", secret]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/no row names a secret "bind-password"; the chosen rows name no secret/);
  });
});

describe("secretsFor", () => {
  const row = "{service: LDAP, ports: [tcp/636], prober: ldap-bind, tls: {}, params: {bindDn: cn=a, password: door}}";
  const plan = (more: { readonly skip?: readonly string[] } = {}) =>
    expandPlan([profileOf([row, "{service: NTP, ports: [udp/123], prober: ntp}"])], {
      hosts: ["dc01"],
      randomBytes: (length) => new Uint8Array(length),
      ...more,
    });
  const on = (platform: NodeJS.Platform, told: string[] = [], env: NodeJS.ProcessEnv = {}) => ({
    env,
    platform,
    tell: (line: string) => void told.push(line),
  });

  it("says on Windows that nobody looked who can read the file", async () => {
    const told: string[] = [];
    const file = await fileWith("open door\r\n", 0o644);
    const secret = await secretsFor(plan(), [`door=${file}`], on("win32", told));
    expect(new TextDecoder().decode(secret("door")!.bytes)).toBe("open door");
    expect(told).toEqual([`who else can read ${file} is not checked on Windows`]);
  });

  it("gives another version when the file changed", async () => {
    const file = await fileWith("a");
    const version = async () => (await secretsFor(plan(), [`door=${file}`], on("linux")))("door")!.version;
    const before = await version();
    expect(await version()).toBe(before);
    await writeFile(file, "ab");
    expect(await version()).not.toBe(before);
  });

  it("does not miss the secret of a row that is left out", async () => {
    const secret = await secretsFor(plan({ skip: ["LDAP"] }), [], on("linux"));
    expect(secret("door")).toBeUndefined();
  });

  it("takes the file before the environment", async () => {
    const machine = on("linux", [], { UNITY_PROBE_SECRET_DOOR: "from the environment" });
    const bytesOf = async (...words: string[]) => (await secretsFor(plan(), words, machine))("door")!.bytes;
    expect(new TextDecoder().decode(await bytesOf())).toBe("from the environment");
    expect(new TextDecoder().decode(await bytesOf(`door=${await fileWith("file")}`))).toBe("file");
  });
});
