/** What the tests of the engine share: probers of one byte, checks, and a run over a held clock and a scripted network. */
import { setMaxListeners } from "node:events";
import { openParts, realWorld } from "../../src/cli/parts.ts";
import type { RunOptions } from "../../src/engine/context.ts";
import { run } from "../../src/engine/run.ts";
import type { Check, Plan } from "../../src/model/check.ts";
import type { SweepJob } from "../../src/model/observation.ts";
import type { Ledger, Parts, Sweeper } from "../../src/model/parts.ts";
import { onePort } from "../../src/model/ports.ts";
import type { Dialogue, Oneshot, Prober, Reading, Sweep } from "../../src/model/prober.ts";
import type { CheckResult, CheckSeen, RunReport } from "../../src/model/result.ts";
import { REASONS, type Reason } from "../../src/model/words.ts";
import { HeldClock } from "./held-clock.ts";
import { type Scene, type ScriptedNet, scriptedNet } from "./scripted-net.ts";

export const TARGET = "192.0.2.10";

const head = {
  transports: ["tcp", "udp"],
  silence: "fail",
  manners: { minIntervalMs: 0 },
  params: {},
  about: { protocol: "P", title: "T", sends: "S", accepts: "A", proves: "P", triggers: "T", specification: [] },
} as const;

export const reading = (more: Partial<Reading> = {}): Reading => ({
  service: "confirmed",
  detail: "it answered",
  evidence: {},
  ...more,
});

/** Sends a byte at 0, 1 and 3 s, gives up at 6 s, and takes any byte for an answer. */
export function oneshot(id: string, more: Partial<Oneshot<unknown>> = {}): Oneshot<unknown> {
  return {
    ...head,
    kind: "oneshot",
    id,
    schedule: { sendsAtMs: [0, 1_000, 3_000], giveUpMs: 6_000, replyFrom: "same" },
    start: () => ({ request: (send) => Uint8Array.of(send), read: () => ({ final: reading() }) }),
    ...more,
  };
}

/** Connects, sends a byte, takes a byte for an answer; gives up at 10 s. */
export function dialogue(id: string, more: Partial<Dialogue<unknown>> = {}): Dialogue<unknown> {
  return {
    ...head,
    kind: "dialogue",
    id,
    giveUpMs: 10_000,
    cost: { packets: 1, bytes: 1 },
    async run(_params, ask) {
      const connection = await ask.connect();
      connection?.send(Uint8Array.of(0));
      const answer = await connection?.receive(() => 1, 1);
      return answer === undefined ? undefined : reading();
    },
    ...more,
  };
}

export const sweep: Sweep<unknown> = { ...head, kind: "sweep", id: "sweep", payload: () => new Uint8Array(0) };

/** A dialogue that is answered, and says this. */
export function saying(id: string, more: Partial<Reading>): Dialogue<unknown> {
  const plain = dialogue(id);
  return {
    ...plain,
    async run(params, ask) {
      const understood = await plain.run(params, ask);
      return understood === undefined ? undefined : reading(more);
    },
  };
}

/** A check of one port of the target. */
export function check(prober: string, port: number, more: Partial<Check> = {}): Check {
  const transport = more.transport ?? "tcp";
  const host = more.host ?? TARGET;
  return {
    id: `${prober}/${transport}/${port}`,
    row: { profile: "p", service: prober, required: true },
    host,
    ...(/^[\d.]+$|:/.test(host) ? { address: host } : {}),
    transport,
    ports: [onePort(port)],
    portsText: `${port}`,
    direction: "out",
    prober,
    params: {},
    expect: "service",
    silence: "fail",
    purpose: "row",
    ...more,
  };
}

/** A check of a range of ports. */
export function range(first: number, last: number, more: Partial<Check> = {}): Check {
  const transport = more.transport ?? "tcp";
  return {
    ...check("sweep", first, more),
    id: `range/${transport}/${first}-${last}`,
    ports: [{ first, last, step: 1 }],
    portsText: `${first}-${last}`,
    expect: "path",
    ...more,
  };
}

/** A sweeper that keeps the jobs it got, and sees the same of every port after a second. */
export function scriptedSweeper(clock: HeldClock, reason: Reason = "conn-refused") {
  const jobs: (SweepJob & { readonly atMs: number })[] = [];
  const sweeper: Sweeper = {
    async sweep(job, _onProgress, signal) {
      jobs.push({ ...job, atMs: clock.nowMs });
      await clock.sleep(1_000, signal);
      const code = signal.aborted ? 0 : REASONS.indexOf(reason) + 1;
      return {
        codes: new Uint8Array(job.ports.length).fill(code),
        offenderOf: new Uint16Array(job.ports.length),
        offenders: [],
        errorQueue: false,
        sent: job.ports.length,
      };
    },
  };
  return { jobs, sweeper };
}

export function memoryLedger(): Ledger {
  const noted = new Map<string, number>();
  return { lastWallMs: (key) => noted.get(key), note: (key, wallMs) => noted.set(key, wallMs) };
}

export const OPTIONS: RunOptions = { concurrency: 64, ratePerS: 2_000, anyAddress: false, strict: false, force: false };

export interface Staging {
  readonly probers: readonly Prober[];
  readonly scene?: Scene;
  readonly clock?: HeldClock;
  readonly sweeper?: Sweeper;
  readonly ledger?: Ledger;
  readonly options?: Partial<RunOptions>;
  readonly signal?: AbortSignal;
  readonly farEnd?: Parts["farEnd"];
  /** The real network, and time as it passes outside. */
  readonly real?: true;
}

export interface Staged extends RunReport {
  readonly clock: HeldClock;
  readonly net: ScriptedNet;
  /** What the events told, in their order. */
  readonly told: readonly CheckResult[];
  readonly seen: readonly CheckSeen[];
  /** The results of a check's id. */
  of(id: string): readonly CheckResult[];
}

export function planOf(checks: readonly Check[]): Plan {
  return { profiles: [{ id: "p", title: "P", from: "here", to: "there" }], checks };
}

/** Runs the checks, and lets time pass until the report is there. */
export async function stage(checks: readonly Check[], staging: Staging): Promise<Staged> {
  const { probers, clock = new HeldClock(), scene = { port: () => ({ does: "answers", afterMs: 10 }) } } = staging;
  const net = scriptedNet(clock, scene);
  const world = staging.real === true ? realWorld() : clock.world;
  const parts: Parts = {
    prober: async (id) => probers.find((each) => each.id === id) ?? fail(id),
    net: staging.real === true ? (await openParts(world)).net : net,
    sweeper: staging.sweeper ?? scriptedSweeper(clock).sweeper,
    world,
    ledger: staging.ledger ?? memoryLedger(),
    ...(staging.farEnd !== undefined && { farEnd: staging.farEnd }),
  };
  const told: CheckResult[] = [];
  const seen: CheckSeen[] = [];
  const { signal = new AbortController().signal } = staging;
  setMaxListeners(0, signal);
  const events = {
    onResult: (result: CheckResult) => told.push(result),
    onSeen: (one: CheckSeen) => seen.push(one),
  };
  const running = run(planOf(checks), parts, { ...OPTIONS, ...staging.options }, { host: "here" }, signal, events);
  const report = await (staging.real === true ? running : clock.passes(running));
  const of = (id: string) => report.results.filter((result) => result.check.id === id);
  return { ...report, clock, net, told, seen, of };
}

function fail(id: string): never {
  throw new RangeError(`no prober is called ${id}`);
}
