/** `unity-probe respond` as a process: what it refuses, what it tells, what it releases, what it costs. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveOut } from "../../src/responder/prove-out.ts";
import { AT, FIRST, kept, native, prober, range, session, world } from "../responder/pair.ts";
import { run } from "./command.ts";

const bin = fileURLToPath(new URL("../../bin/unity-probe.js", import.meta.url));
const LINUX = platform() === "linux";
const KEY = randomBytes(32);
const DIGITS = KEY.toString("hex");
const PACE = { attempts: 3, perSecond: 50_000 };
const signal = new AbortController().signal;

let folder: string;
let keyFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  keyFile = await fileWith(`${DIGITS}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function fileWith(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, `file-${files++}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

interface Serving {
  readonly child: ChildProcess;
  readonly port: number;
  /** All of standard error so far. */
  told(): string;
  /** Ends it with a signal; gives the exit code. */
  end(signal: "SIGTERM" | "SIGINT"): Promise<number | null>;
}

/** Starts a responder, and waits until it listens; `wrapper` is a program that starts it. */
async function serve(args: readonly string[], wrapper: readonly string[] = []): Promise<Serving> {
  const [program, ...words] = [...wrapper, process.execPath, bin, "respond", "--key-file", keyFile, ...args];
  const child = spawn(program!, [...words, "--listen", `${AT}:${await freePort()}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const [, digits] = /listening on [\d.]+:(\d+)/.exec(told) ?? [];
      if (digits !== undefined) resolve(Number(digits));
    });
    child.once("exit", () => reject(new Error(told)));
  });
  return {
    child,
    port,
    told: () => told,
    end: (name) =>
      new Promise((resolve) => {
        child.once("close", resolve);
        child.kill(name);
      }),
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, AT, listening));
  const { port } = server.address() as { readonly port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("respond does not start", () => {
  it.each<readonly [string, () => Promise<readonly string[]>, string]>([
    ["without a key file, and says how to make one", async () => [], "openssl rand -hex 32"],
    ["with a file that is not there", async () => ["--key-file", "/nowhere/key"], "there is no such file"],
    ["with a file of some other text", async () => ["--key-file", await fileWith("secret words\n")], "64 hexadecimal"],
    ["without a port", async () => ["--key-file", keyFile], "no port is named"],
    ["with a port that is none", async () => ["--key-file", keyFile, "--ports", "389"], "names no transport"],
    [
      "with a block that is none",
      async () => ["--key-file", keyFile, "--ports", "udp/1", "--allow", "10.0.0.0/33"],
      "10.0.0.0/33",
    ],
    [
      "with an address that is none",
      async () => ["--key-file", keyFile, "--ports", "udp/1", "--listen", "dc01:7654"],
      "dc01:7654",
    ],
    [
      "with an address of another machine",
      async () => ["--key-file", keyFile, "--ports", "udp/1", "--listen", "203.0.113.1"],
      "EADDRNOTAVAIL",
    ],
    [
      "with a profile beside a site",
      async () => ["--key-file", keyFile, "--site", "s.yaml", "-p", "dc"],
      "--profile beside --site",
    ],
  ])("%s", async (_, args, complaint) => {
    const { exitCode, stdout, stderr } = await run(["respond", ...(await args())]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(complaint);
    expect(stderr).not.toContain("secret words");
  });

  it.runIf(platform() !== "win32")("with a key that everybody may read", async () => {
    const { exitCode, stderr } = await run([
      "respond",
      "--ports",
      "udp/1",
      "--key-file",
      await fileWith(DIGITS, 0o644),
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("can be read or changed by others (mode 644)");
    expect(stderr).not.toContain(DIGITS);
  });
});

describe("respond", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("tells who has which ports, and frees them all at %s", async (name) => {
    const far = await serve(["--ports", `udp/${FIRST}-${FIRST + 99},tcp/${FIRST},${FIRST + 1}`]);
    const own = await session(far.port, { key: KEY });
    kept(await own.bind("udp", range(FIRST, 100)));
    kept(await own.bind("tcp", range(FIRST, 3)));
    expect(await far.end(name)).toBe(0);
    expect(await own.arrivals("udp", range(FIRST, 1))).toEqual({ lost: "it ended the session: shutdown" });
    expect(far.told().split("\n")).toEqual([
      `unity-probe: listening on ${AT}:${far.port} for udp/${FIRST}-${FIRST + 99} (100 ports) and tcp/${FIRST}-${FIRST + 1} (2 ports)`,
      `unity-probe: ${AT} is let in and connected`,
      `unity-probe: ${AT} holds udp/${FIRST}-${FIRST + 99} (100 ports)`,
      `unity-probe: ${AT} holds tcp/${FIRST}-${FIRST + 1} (2 ports)`,
      `unity-probe: ${AT} turned away: asked for ports that are not listed`,
      `unity-probe: ${AT} is sent away, this responder ends; its ports are free`,
      "unity-probe: ended; every port is free",
      "",
    ]);
  });

  it("is lost when it is killed in the middle, and says nothing about ports", async () => {
    const far = await serve(["--ports", `udp/${FIRST}-${FIRST + 9}`]);
    const own = await session(far.port, { key: KEY });
    kept(await own.bind("udp", range(FIRST, 10)));
    const wish = { transport: "udp", ports: range(FIRST, 10), pace: PACE } as const;
    const proof = proveOut(own, wish, { world, sockets: native }, signal);
    far.child.kill("SIGKILL");
    const { fates, lost } = await proof;
    expect(lost).toBe("it closed the connection");
    // A reply that came before still proves its port; of the others nothing is said.
    expect([...fates.values()].filter((fate) => fate !== "open")).toEqual([]);
    expect(own.lost).toEqual({ lost: "it closed the connection" });
  });

  it("binds what a profile lists, media too, and what every vector to a role does", async () => {
    const byProfile = await serve(["--profile", "failover-secondary"]);
    await byProfile.end("SIGTERM");
    expect(byProfile.told()).toContain("udp/88,123,137-138,389,464,5000-5020 (27 ports)");
    const byMedia = await serve(["--profile", "cucm-to-unity"]);
    await byMedia.end("SIGTERM");
    expect(byMedia.told()).toContain("udp/22800-32767 (9,968 ports)");
    const site = join(folder, "site.yaml");
    await writeFile(site, "hosts:\n  unity: [unity01.example.com]\n");
    const byRole = await serve(["--site", site, "--role", "domain-controller"]);
    await byRole.end("SIGTERM");
    expect(byRole.told()).toContain("listening on");
  });

  it.runIf(LINUX)("has the key neither in its words, its environment nor its log", async () => {
    const far = await serve(["--ports", `udp/${FIRST + 200}`, "--verbose"]);
    const own = await session(far.port, { key: KEY });
    kept(await own.bind("udp", range(FIRST + 200, 1)));
    const stranger = await prober(far.port, { key: randomBytes(32) });
    expect(stranger).toMatchObject({ failure: "not-authenticated" });
    const shown = ["cmdline", "environ", "comm", "status"]
      .map((name) => readFileSync(`/proc/${far.child.pid}/${name}`, "latin1"))
      .join("\n");
    await own.end();
    await far.end("SIGTERM");
    for (const text of [shown, far.told()]) expect(text.toLowerCase()).not.toContain(DIGITS.slice(0, 16));
    const lines = far
      .told()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    const logged = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(logged.map(({ msg }) => msg)).toEqual(["connected", "ports", "turned-away", "ended"]);
    expect(logged[2]).toMatchObject({ peer: AT, why: "does not have the key" });
  });

  it.runIf(LINUX)("proves 2,000 ports with 600 descriptors, window by window", async () => {
    const far = await serve(["--ports", `udp/${FIRST}-32767`], ["bash", "-c", 'ulimit -n 600; exec "$@"', "bash"]);
    const own = await session(far.port, { key: KEY });
    expect(own.portsMax).toBe(300);
    const wish = { transport: "udp", ports: range(FIRST, 2_000), pace: PACE } as const;
    const { fates } = await proveOut(own, wish, { world, sockets: native }, signal);
    expect([...fates.values()].filter((fate) => fate !== "open")).toEqual([]);
    expect(fates.size).toBe(2_000);
    await own.end();
    await far.end("SIGTERM");
  });

  it.runIf(LINUX)("holds 9,968 ports that have all answered in 25 MB more than none", async () => {
    const far = await serve(["--ports", `udp/${FIRST}-32767`]);
    const own = await session(far.port, { key: KEY });
    const parts = { world, sockets: native };
    // Whatever is loaded or compiled with first use is no part of the cost.
    await proveOut(own, { transport: "udp", ports: range(FIRST, 10), pace: PACE }, parts, signal);
    const idle = residentMb(far.child.pid);
    const wish = { transport: "udp", ports: range(FIRST, 9_968), pace: PACE } as const;
    const { fates } = await proveOut(own, wish, parts, signal);
    expect([...fates.values()].filter((fate) => fate !== "open")).toEqual([]);
    expect(residentMb(far.child.pid) - idle).toBeLessThan(25);
    await own.end();
    await far.end("SIGTERM");
  });

  it.runIf(LINUX && process.getuid?.() === 0 && existsSync("/usr/bin/setpriv"))(
    "without CAP_NET_BIND_SERVICE says which ports it cannot have, and serves the rest",
    async () => {
      const bounding = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];
      const far = await serve(["--ports", `udp/389,${FIRST + 300}`], bounding);
      expect(far.told()).toContain("1 port below 1024 will be reported as not permitted");
      expect(far.told()).toContain("CAP_NET_BIND_SERVICE");
      const own = await session(far.port, { key: KEY });
      expect(kept(await own.bind("udp", Uint16Array.of(389, FIRST + 300)))).toMatchObject({
        bound: Uint16Array.of(FIRST + 300),
        notPermitted: Uint16Array.of(389),
      });
      await own.end();
      await far.end("SIGTERM");
    },
  );
});

function residentMb(pid: number | undefined): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
