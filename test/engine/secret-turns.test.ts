import { describe, expect, it } from "vitest";
import { realWorld } from "../../src/cli/parts.ts";
import type { RunOptions } from "../../src/engine/context.ts";
import { run } from "../../src/engine/run.ts";
import type { Check } from "../../src/model/check.ts";
import type { Ledger, Net, Parts } from "../../src/model/parts.ts";
import { onePort } from "../../src/model/ports.ts";
import type { Dialogue, Reading, Secret } from "../../src/model/prober.ts";
import type { RunReport } from "../../src/model/result.ts";

interface Params {
  readonly user?: string;
  readonly password?: string;
}

/** What a far end makes of a secret, and of none. */
type Answer = (where: string, secret: Secret | undefined) => Reading | Promise<Reading>;

const welcome: Answer = (_where, secret) => ({
  service: "confirmed",
  detail: secret === undefined ? "anonymous" : "logged on",
  evidence: {},
});
const refuse: Answer = (where, secret) =>
  secret === undefined
    ? welcome(where, secret)
    : { service: "refused", detail: "no", evidence: {}, secretRefused: true };

function loginTo(answer: Answer): Dialogue<Params> {
  return {
    kind: "dialogue",
    id: "login",
    transports: ["tcp"],
    silence: "fail",
    giveUpMs: 5_000,
    cost: { packets: 1, bytes: 1 },
    manners: { minIntervalMs: 0 },
    params: {
      user: { type: "string", about: "Who", needs: "password" },
      password: { type: "secret", about: "What nobody knows", needs: "user" },
    },
    about: { protocol: "", title: "", sends: "", accepts: "", proves: "", triggers: "", specification: [] },
    async run({ password }, ask) {
      return answer(ask.remote.address, password === undefined ? undefined : ask.world.secret(password));
    },
  };
}

const LOGIN: Params = { user: "probe", password: "door" };

function checkOf(host: string, port = 636, params: Params = LOGIN): Check {
  return {
    id: `login/tcp/${port}`,
    row: { profile: "p", service: "Login", required: true },
    host,
    transport: "tcp",
    ports: [onePort(port)],
    portsText: `${port}`,
    direction: "out",
    prober: "login",
    params: { ...params },
    expect: "service",
    silence: "fail",
    purpose: "row",
  };
}

const OPTIONS: RunOptions = { concurrency: 64, ratePerS: 1, anyAddress: false, strict: false, force: true };

interface Site {
  readonly prober?: Dialogue<Params>;
  /** The addresses of each name. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly ledger?: Ledger;
  readonly version?: string;
  readonly net?: Partial<Net>;
}

/** One run over a network that only resolves names. */
function runOf(checks: readonly Check[], site: Site = {}): Promise<RunReport> {
  const { prober = loginTo(welcome), names = {}, ledger = ledgerOf(), version = "1" } = site;
  const unused = () => Promise.reject(new TypeError("nobody connects here"));
  const net: Net = {
    resolve: async (name) => names[name] ?? ["192.0.2.1"],
    route: async () => ({ source: "192.0.2.200" }),
    tcp: unused,
    udp: unused,
    ...site.net,
  };
  const secret = (name: string) =>
    name === "door" ? { bytes: new TextEncoder().encode("s3cret"), version } : undefined;
  const parts: Parts = {
    prober: async () => prober,
    net,
    sweeper: { sweep: unused },
    world: { ...realWorld(), secret },
    ledger,
  };
  const plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks };
  return run(plan, parts, OPTIONS, { host: "here" }, new AbortController().signal);
}

function ledgerOf(): Ledger {
  const noted = new Map<string, number>();
  return { lastWallMs: (key) => noted.get(key), note: (key, wallMs) => noted.set(key, wallMs) };
}

const details = ({ results }: RunReport) => results.map(({ detail }) => detail).sort();
const warnings = ({ results }: RunReport) => results.flatMap((result) => result.warnings);

describe("a secret", () => {
  it("goes to one address of a host, and the others say so", async () => {
    const report = await runOf([checkOf("dc01")], { names: { dc01: ["192.0.2.1", "192.0.2.2", "192.0.2.3"] } });
    expect(details(report)).toEqual(["anonymous", "anonymous", "logged on"]);
    expect(report.exitCode).toBe(0);
    const why = 'the secret "door" was not sent: a host gets it once in a run, and 192.0.2.1 tcp/636 had it';
    expect(warnings(report)).toEqual([why, why]);
  });

  it("goes to one row of a host", async () => {
    expect(details(await runOf([checkOf("dc01"), checkOf("dc01", 389)]))).toEqual(["anonymous", "logged on"]);
  });

  it("goes to every host, to one at a time", async () => {
    let [now, most] = [0, 0];
    const slow: Answer = async (where, secret) => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      return welcome(where, secret);
    };
    const report = await runOf([checkOf("dc01"), checkOf("dc02"), checkOf("dc03")], { prober: loginTo(slow) });
    expect(details(report)).toEqual(["logged on", "logged on", "logged on"]);
    expect(most).toBe(1);
  });

  it("that one host refuses is shown to no other", async () => {
    const report = await runOf([checkOf("dc01"), checkOf("dc02"), checkOf("dc03")], { prober: loginTo(refuse) });
    expect(details(report)).toEqual(["anonymous", "anonymous", "no"]);
    const why = 'the secret "door" was not sent: it was refused before, and is not tried again until it changes';
    expect(warnings(report)).toEqual([why, why]);
  });

  it("that was refused stays away in later runs, until it changes", async () => {
    const ledger = ledgerOf();
    const prober = loginTo(refuse);
    const again = async (version: string) => details(await runOf([checkOf("dc01")], { prober, ledger, version }));
    expect([await again("1"), await again("1"), await again("2")]).toEqual([["no"], ["anonymous"], ["no"]]);
  });

  it("that was not refused is used again in the next run", async () => {
    const ledger = ledgerOf();
    for (let at = 0; at < 2; at++) expect(details(await runOf([checkOf("dc01")], { ledger }))).toEqual(["logged on"]);
  });

  it("is left to the next address where the first did not come so far", async () => {
    const prober: Dialogue<Params> = {
      ...loginTo(welcome),
      async run({ password }, ask) {
        if (ask.remote.address === "192.0.2.1") return { service: "refused", detail: "busy", evidence: {} };
        return welcome(ask.remote.address, ask.world.secret(password!));
      },
    };
    const report = await runOf([checkOf("dc01")], { prober, names: { dc01: ["192.0.2.1", "192.0.2.2"] } });
    expect(details(report)).toEqual(["busy", "logged on"]);
    expect(warnings(report)).toEqual([]);
  });

  it("that nobody gave is missed aloud", async () => {
    const report = await runOf([checkOf("dc01", 636, { user: "probe", password: "window" })]);
    expect(details(report)).toEqual(["anonymous"]);
    expect(warnings(report)).toEqual(['the secret "window" was not sent: nobody gave it']);
  });

  it("is given to no prober whose row does not name it, or lacks what belongs to it", async () => {
    const prober: Dialogue<Params> = {
      ...loginTo(welcome),
      run: async (_params, ask) => welcome(ask.remote.address, ask.world.secret("door")),
    };
    for (const params of [{}, { password: "door" }, { user: "probe", password: "window" }]) {
      expect(details(await runOf([checkOf("dc01", 636, params)], { prober }))).toEqual(["anonymous"]);
    }
    expect(details(await runOf([checkOf("dc01")], { prober }))).toEqual(["logged on"]);
  });

  it("that a far end repeats is not in the report", async () => {
    const parrot: Answer = (_where, secret) => {
      const said = new TextDecoder().decode(secret!.bytes);
      return {
        service: "refused",
        detail: `bad password ${said}`,
        evidence: { diagnostic: `${said}${said}`, list: [said.toUpperCase(), 7], count: 7 },
        warnings: [`do not use ${said}`],
        learned: { realm: said },
        secretRefused: true,
      };
    };
    const { results } = await runOf([checkOf("dc01")], { prober: loginTo(parrot) });
    expect(JSON.stringify(results)).not.toMatch(/s3cret/i);
    expect(results[0]!.reading).toMatchObject({
      detail: "bad password [secret]",
      evidence: { diagnostic: "[secret][secret]", list: ["[secret]", 7], count: 7 },
      warnings: ["do not use [secret]"],
    });
  });
});

describe("a client certificate", () => {
  const MUTUAL = { serverName: "dc01", strict: false, clientCertificate: "door" } as const;
  const mutual = (host: string): Check => ({ ...checkOf(host, 636, {}), tls: MUTUAL });
  /** Shows it as the engine's connections do, and is told this by an alert. */
  const shownTo = (alert?: number): Dialogue<Params> => ({
    ...loginTo(welcome),
    run: async (_params, ask) => {
      await ask.connect(ask.tls === undefined ? {} : { tls: ask.tls });
      return alert === undefined ? { service: "confirmed", detail: "in", evidence: {} } : undefined;
    },
  });
  const netThatSays = (alert?: number, shown: boolean[] = []): Partial<Net> => ({
    tcp: async (remote, how) => {
      const clientCertificate = how.identity?.("door") !== undefined;
      shown.push(clientCertificate);
      const tls = { chain: [], ...(clientCertificate && { clientCertificate }), ...(alert !== undefined && { alert }) };
      const times = { startedMs: 0, connectedMs: 0, sentMs: [], endedMs: 1, errorQueue: false };
      const seen = () => ({ remote, phase: "exchange" as const, ...times, tls });
      return { seen, noteHandshake: () => {}, close: () => {} };
    },
  });

  it("is shown once a run and host", async () => {
    const shown: boolean[] = [];
    const checks = [mutual("dc01"), { ...mutual("dc01"), id: "other" }, mutual("dc02")];
    await runOf(checks, { prober: shownTo(), net: netThatSays(undefined, shown) });
    expect(shown.sort()).toEqual([false, true, true]);
  });

  it("that a peer refused by an alert is shown to no other", async () => {
    const shown: boolean[] = [];
    await runOf([mutual("dc01"), mutual("dc02")], { prober: shownTo(48), net: netThatSays(48, shown) });
    expect(shown).toEqual([true, false]);
  });

  it("waits with the password of its row for both, and never for ever", async () => {
    const checks = ["dc01", "dc02", "dc03"].map((host) => ({
      ...checkOf(host),
      tls: { ...MUTUAL, clientCertificate: "lock" },
    }));
    const report = await runOf([...checks, mutual("dc04")]);
    expect(details(report)).toEqual(["anonymous", "logged on", "logged on", "logged on"]);
  });
});
