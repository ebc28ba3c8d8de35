/** Flags that shape a run, through the built command against listeners on loopback that note who asked them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listenUdp } from "../../src/net/listen.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { run } from "./command.ts";
import { askSite, freePort, type NotingSite, notingSite, outcomesOf } from "./noting-site.ts";

let here: NotingSite;
beforeAll(async () => {
  here = await notingSite();
});
beforeEach(() => void here.heard.splice(0));
afterAll(() => here[Symbol.asyncDispose]());

async function complaintOf(args: readonly string[]): Promise<string> {
  const words = ["--profile", here.profile, "--host", "127.0.0.1", ...args];
  const { exitCode, stdout, stderr } = await run(words);
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: "" });
  return stderr.trimEnd();
}

describe("--only and --skip", () => {
  it.each([
    [["--only", "ldap"], ["LDAP"]],
    [
      ["--only", "quiet-tcp", "--only", "Optional"],
      ["Quiet TCP", "Optional"],
    ],
    [["--only", "ldap", "--only", "optional", "--skip", "Optional"], ["LDAP"]],
    [
      ["--skip", "Quiet TCP", "--skip", "quiet udp", "--skip", "range"],
      ["LDAP", "Optional"],
    ],
  ])("%j asks %j, and the other rows stay in the report", async (args, services) => {
    const { results } = await askSite(here, args);
    expect(results).toHaveLength(5);
    expect(results.filter(({ outcome }) => outcome !== "skipped").map(({ service }) => service)).toEqual(services);
    for (const { outcome, required, detail } of results) {
      if (outcome === "skipped") expect([required, detail]).toEqual([false, expect.stringMatching(/^left out by --/)]);
    }
  });

  it("take ports as they are written", async () => {
    const { results } = await askSite(here, ["--only", `TCP/${here.ports.ldap}`]);
    expect(outcomesOf(results)).toMatchObject({ LDAP: "pass", "Quiet TCP": "skipped" });
  });

  it("may not leave nothing", async () => {
    expect(await complaintOf(["--only", "ldap", "--skip", "LDAP"])).toContain("leave no row to ask");
  });
});

describe("--strict", () => {
  const rows = ["--only", "LDAP", "--only", "Optional"];

  it("makes rows count that are not required", async () => {
    const lenient = await askSite(here, rows);
    expect({ code: lenient.exitCode, required: lenient.row("Optional").required }).toEqual({
      code: 0,
      required: false,
    });
    const strict = await askSite(here, [...rows, "--strict"]);
    expect({ code: strict.exitCode, required: strict.row("Optional").required }).toEqual({ code: 1, required: true });
    expect(strict.document.summary.optional.fail).toBe(0);
  });
});

describe("--source", () => {
  // Only Linux lets a program use all of 127.0.0.0/8 without being told.
  it.runIf(process.platform === "linux")("is where every packet comes from, and what the report says", async () => {
    const { results } = await askSite(here, ["--source", "127.0.0.5"]);
    expect(new Set(here.heard.map(({ address }) => address))).toEqual(new Set(["127.0.0.5"]));
    expect(new Set(here.heard.map(({ transport }) => transport))).toEqual(new Set(["tcp", "udp"]));
    expect(new Set(results.map(({ source }) => source))).toEqual(new Set(["127.0.0.5"]));
  });

  it("must be an address of this machine", async () => {
    expect(await complaintOf(["--source", "192.0.2.1"])).toContain("--source 192.0.2.1 is no address of this machine");
    expect(await complaintOf(["--source", "localhost"])).toContain("--source localhost is not an address");
    expect(here.heard).toEqual([]);
  });

  it("of another family leaves no way to the host", async () => {
    const { exitCode, row } = await askSite(here, ["--source", "127.0.0.1", "--host", "::1", "--only", "LDAP"]);
    expect({ exitCode, reason: row("LDAP").reason }).toEqual({ exitCode: 3, reason: "no-route" });
  });
});

describe("--source-port", () => {
  it("is the port that its row is asked from, and no other row", async () => {
    const [tcp, udp] = [await freePort("tcp"), await freePort("udp")];
    const ports = ["--source-port", `tcp/${here.ports.tcp}=${tcp}`, "--source-port", `udp/${here.ports.udp}=${udp}`];
    const { row } = await askSite(here, [...ports, "--skip", "Range"]);
    expect(here.heard.map(({ transport, port }) => `${transport} ${port}`).sort()).toEqual([
      `tcp ${tcp}`,
      `udp ${udp}`,
    ]);
    expect(row("LDAP").outcome).toBe("pass");
  });

  it.runIf(process.platform === "linux")("serves several hosts one after the other", async () => {
    const own = await freePort("udp");
    const hosts = ["--host", "127.0.0.1", "--host", "127.0.0.2"];
    const { results } = await askSite(here, [
      ...hosts,
      "--only",
      "Quiet UDP",
      "--source-port",
      `udp/${here.ports.udp}=${own}`,
    ]);
    expect(here.heard.map(({ port }) => port)).toEqual([own]);
    expect(results.filter(({ service }) => service === "Quiet UDP").map(({ reason }) => reason)).toEqual([
      "no-response",
      "port-unreach",
    ]);
  });

  it("that another program holds is our own side's error, and named", async () => {
    const holder = await listenUdp("0.0.0.0", 0, () => {});
    try {
      const { port } = holder.local;
      const { exitCode, row } = await askSite(here, [
        "--only",
        "Quiet UDP",
        "--source-port",
        `udp/${here.ports.udp}=${port}`,
      ]);
      expect({ exitCode, outcome: row("Quiet UDP").outcome }).toEqual({ exitCode: 3, outcome: "error" });
      expect(row("Quiet UDP").detail).toBe(`not asked: own port ${port} is in use`);
    } finally {
      await holder.close();
    }
  });

  it.each([
    ["udp/9", "--source-port udp/9 is not understood; write for instance udp/137=137"],
    ["udp/9=9", "--source-port udp/9 picks no row"],
    ["tcp/$TCP=70000", "there is no port 70000"],
  ])("%s is a mistake", async (word, message) => {
    expect(await complaintOf(["--source-port", word.replace("$TCP", `${here.ports.tcp}`)])).toContain(message);
  });
});

// No machine has a name with two addresses of its own, so the resolver's answer is put in.
describe.runIf(process.platform === "linux")("--any-address", () => {
  const answer = `import dns from "node:dns/promises";
    import { syncBuiltinESMExports } from "node:module";
    dns.lookup = async () => ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
    syncBuiltinESMExports();`;
  const twoAddresses = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(answer)}` };
  const args = ["--host", "two.invalid", "--only", "LDAP"];
  const byAddress = (results: readonly ResultEntry[]) =>
    results
      .filter(({ service }) => service === "LDAP")
      .map(({ address, outcome, required }) => [address, outcome, required]);

  it("takes one address for enough", async () => {
    const all = await askSite(here, args, twoAddresses);
    expect({ code: all.exitCode, rows: byAddress(all.results) }).toEqual({
      code: 1,
      rows: [
        ["127.0.0.1", "pass", true],
        ["127.0.0.2", "fail", true],
      ],
    });
    const any = await askSite(here, [...args, "--any-address"], twoAddresses);
    expect({ code: any.exitCode, rows: byAddress(any.results) }).toEqual({
      code: 0,
      rows: [
        ["127.0.0.1", "pass", true],
        ["127.0.0.2", "fail", false],
      ],
    });
  });

  it("needs one address", async () => {
    const none = await askSite(here, [...args.slice(0, 2), "--only", "Quiet TCP", "--any-address"], twoAddresses);
    expect(none.exitCode).toBe(1);
  });
});
