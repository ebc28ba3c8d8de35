/** Both ends as processes, by what they share: certificates, blocks of addresses, or a key and no control channel. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Authority } from "../responder/authority.ts";
import { AT, FIRST } from "../responder/pair.ts";
import { run } from "./command.ts";

const bin = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unity-pair-"));
const authority = new Authority();
const another = new Authority();
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const each of [authority, another]) each[Symbol.dispose]();
});

let files = 0;
function fileWith(text: string, mode = 0o600): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, text);
  // Not at the writing: there the user's umask would have a say.
  chmodSync(path, mode);
  return path;
}

const KEY = randomBytes(32).toString("hex");
const keyFile = fileWith(`${KEY}\n`);
const ca = fileWith(authority.pem);

function shown(by: Authority, names?: string): readonly string[] {
  const { chain, privateKey } = by.issue(names === undefined ? {} : { names });
  return ["--tls-cert", fileWith(chain), "--tls-key", fileWith(privateKey), "--tls-ca", ca];
}

const [HELD, NOT_HELD] = [FIRST + 5_000, FIRST + 5_100];
const profile = join(folder, "own.yaml");
writeFileSync(
  profile,
  [
    "id: own",
    "title: Ports of a responder",
    "product: Test",
    "from: unity-secondary",
    "to: domain-controller",
    "rows:",
    `  - {service: held, ports: [udp/${HELD}-${HELD + 3}], prober: port-sweep, expect: path}`,
    `  - {service: held over TCP, ports: [tcp/${HELD}-${HELD + 1}], prober: port-sweep, expect: path}`,
    "",
  ].join("\n"),
);

interface Serving extends AsyncDisposable {
  told(): string;
}

async function serve(...args: readonly string[]): Promise<Serving> {
  const ports = `udp/${HELD}-${HELD + 2},tcp/${HELD}-${HELD + 1}`;
  const child: ChildProcess = spawn(process.execPath, [bin, "respond", "--ports", ports, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  await new Promise<void>((ready, reject) => {
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      if (/listening on|: holds /.test(told)) ready();
    });
    child.once("exit", () => reject(new Error(told)));
  });
  return {
    told: () => told,
    [Symbol.asyncDispose]: () =>
      new Promise((ended) => {
        child.once("close", () => ended());
        child.kill("SIGTERM");
      }),
  };
}

async function ask(port: number, ...args: readonly string[]) {
  const words = ["run", "-p", profile, "--host", AT, "--source", AT, "--responder", `${AT}:${port}`, "-o", "json"];
  const { stdout, stderr } = await run([...words, ...args]);
  if (stdout === "") throw new Error(stderr);
  for (const secret of [KEY, "PRIVATE KEY"]) expect(stdout + stderr).not.toContain(secret);
  const document = JSON.parse(stdout);
  const ranges = document.results.map((result: { range: unknown; state: string; warnings: string[] }) => result);
  return { text: stdout, results: ranges as readonly Record<string, unknown>[], findings: document.findings };
}

describe("certificates", () => {
  const port = 7_654;

  it("let a run be proven, and others are turned away and told of", async () => {
    await using far = await serve(
      ...shown(authority, "DNS:far.invalid"),
      "--tls-name",
      "probe.invalid",
      "--listen",
      `${AT}:${port}`,
    );
    const proven = await ask(port, ...shown(authority), "--tls-name", "far.invalid");
    expect(proven.findings).toEqual([]);
    expect(JSON.stringify(proven.results)).toContain("responder-receipt");
    const stranger = await ask(port, ...shown(another));
    expect(JSON.stringify(stranger.findings)).toContain("shares no key or authority with us");
    expect(far.told()).toContain(`${AT} turned away: shows a certificate that is not let in`);
    const nameless = await ask(port, ...shown(authority, "DNS:other.invalid"));
    expect(JSON.stringify(nameless.findings)).toContain("shares no key or authority with us");
    expect(far.told()).toContain("without a name that is let in");
    expect(far.told()).not.toContain("PRIVATE KEY");
  });

  it.each([
    ["with a key too", () => [...shown(authority), "--key-file", keyFile], "beside --key-file"],
    ["without an authority", () => shown(authority).slice(0, 4), "--tls-ca is missing"],
    [
      "with a key that others can read",
      () => {
        const { chain, privateKey } = authority.issue();
        return ["--tls-cert", fileWith(chain), "--tls-key", fileWith(privateKey, 0o644), "--tls-ca", ca];
      },
      "can be read or changed by others",
    ],
    [
      "with the key of another certificate",
      () => {
        const { chain } = authority.issue();
        return ["--tls-cert", fileWith(chain), "--tls-key", fileWith(authority.issue().privateKey), "--tls-ca", ca];
      },
      "is not that of the certificate",
    ],
    ["with an authority that is none", () => [...shown(authority).slice(0, 5), keyFile], "--tls-ca does not hold"],
    ["without a control channel", () => [...shown(authority), "--static"], "beside --static"],
  ])("are refused %s", async (_, args, why) => {
    const { exitCode, stderr } = await run(["respond", "--ports", "udp/1", ...args()]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
    expect(stderr).not.toContain(KEY);
  });
});

describe("without a control channel", () => {
  it("what replies is proven, and of what is silent nothing is said but that", async () => {
    await using far = await serve("--static", "--key-file", keyFile, "--listen", AT);
    expect(far.told()).toContain(`holds 3 UDP and 2 TCP ports at ${AT}`);
    const { results } = await ask(7_654, "--static", "--key-file", keyFile);
    const [udp, tcp] = results;
    expect(udp).toMatchObject({ state: "mixed" });
    expect(JSON.stringify(udp)).toContain("; the responder answered on 3");
    expect(JSON.stringify(udp)).toContain(`did not prove ${HELD + 3}: no reply came, and without a control channel`);
    expect(JSON.stringify(udp)).not.toContain("filtered: the responder");
    expect(tcp).toMatchObject({ state: "open" });
  });

  it("nothing is proven without the same key", async () => {
    await using _far = await serve("--static", "--key-file", keyFile, "--listen", AT);
    const { text } = await ask(7_654, "--static", "--key-file", fileWith(randomBytes(32).toString("hex")));
    expect(text).not.toContain("responder-receipt");
    expect(text).toContain("no reply came, and without a control channel");
  });

  it.each([
    ["where an address is not said", [], "--listen is missing"],
    ["with a port for the channel that it has not", ["--listen", `${AT}:7654`], "is no address alone"],
    ["with a data source", ["--listen", AT, "--data-source", "10.0.0.0/8"], "--data-source beside --static"],
    ["where no port can be had", ["--listen", "203.0.113.1"], "no port could be bound"],
  ])("is refused %s", async (_, args, why) => {
    const words = ["respond", "--static", "--key-file", keyFile, "--ports", `udp/${NOT_HELD}`];
    const { exitCode, stderr } = await run([...words, ...args]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it("a responder ends after --ttl, where one is said", async () => {
    const words = ["respond", "--static", "--key-file", keyFile, "--ports", `udp/${NOT_HELD}`, "--listen", AT];
    const { exitCode, stderr } = await run([...words, "--ttl", "300ms"]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("ended; every port is free")]);
  });
});

it("blocks of addresses have to be named by both", async () => {
  await using _far = await serve("--key-file", keyFile, "--listen", `${AT}:7655`, "--data-source", "10.0.0.0/24");
  const agreed = await ask(7_655, "--key-file", keyFile, "--data-source", "10.0.0.128/25");
  expect(agreed.findings).toEqual([]);
  const refused = await ask(7_655, "--key-file", keyFile, "--data-source", "10.0.0.0/8");
  expect(JSON.stringify(refused.findings)).toContain("10.0.0.0/8 is not in --data-source");
});
