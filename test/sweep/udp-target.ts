/**
 * A UDP target in held time behind the interface of the real batch of datagrams: closed ports that are refused as often
 * as a Linux host does it, silent ones, ports that a router rejects, loss, and others who use up the same ICMP errors.
 */
import type { Bulk, Features, IcmpError, UdpBatch, UdpBatchOptions } from "#node-dgram-ext";
import type { Icmp, SweepJob } from "../../src/model/observation.ts";
import { REASONS } from "../../src/model/words.ts";
import { Descriptors } from "../../src/sweep/descriptors.ts";
import { Flows } from "../../src/sweep/flows.ts";
import { createUdpEngine } from "../../src/sweep/udp-engine.ts";
import { VerdictMemory } from "../../src/sweep/verdict-memory.ts";
import { Verdicts } from "../../src/sweep/verdicts.ts";

export const TARGET = "192.0.2.10";
export const ROUTER: IcmpError = { type: 3, code: 10, from: "192.0.2.1" };
const UNREACHABLE: IcmpError = { type: 3, code: 3, from: TARGET };
const ECONNREFUSED = 111;
const EHOSTUNREACH = 113;

export type Kind = "closed" | "silent" | "rejected" | "answers" | "slow";

export interface Scene {
  readonly kindOf: (port: number) => Kind;
  /** As net.ipv4.icmp_ratelimit: a burst, and so many a second. */
  readonly burst?: number;
  readonly perS?: number;
  readonly rttMs?: number;
  /** Of a thousand datagrams so many are lost on the way. */
  readonly lostPerMille?: number;
  /** Somebody else uses up the target's errors from when to when. */
  readonly busyMs?: readonly [number, number];
}

/** A rate limit as inet_peer_xrlim_allow keeps it: what is not sent costs nothing. */
class RateLimit {
  readonly #scene: Scene;
  #tokens: number;
  #atMs = 0;
  constructor(scene: Scene) {
    this.#scene = scene;
    this.#tokens = scene.burst ?? 6;
  }
  allows(nowMs: number): boolean {
    const { burst = 6, perS = 1, busyMs: [fromMs, untilMs] = [0, 0] } = this.#scene;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1_000) * perS);
    this.#atMs = nowMs;
    if (nowMs >= fromMs && nowMs < untilMs) this.#tokens = 0;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** One datagram that left. */
export interface Sent {
  readonly port: number;
  readonly atMs: number;
}

class HeldBatch {
  readonly local = { address: "192.0.2.200", port: 40_000 };
  readonly receiveBufferBytes = 0;
  readonly room = 128;
  readonly sent: Sent[] = [];
  readonly #scene: Scene;
  readonly #options: UdpBatchOptions;
  readonly #clock: { nowMs: number };
  readonly #host: RateLimit;
  readonly #router: RateLimit;
  readonly #coming: { readonly atMs: number; readonly tell: () => void }[] = [];
  #adding: number[] = [];

  constructor(scene: Scene, options: UdpBatchOptions, clock: { nowMs: number }) {
    this.#scene = scene;
    this.#options = options;
    this.#clock = clock;
    this.#host = new RateLimit(scene);
    this.#router = new RateLimit(scene);
  }

  add(port: number): void {
    this.#adding.push(port);
  }

  flush(): number {
    for (const port of this.#adding) this.#arrive(port);
    this.#adding = [];
    return 0;
  }

  step(): boolean {
    const { nowMs } = this.#clock;
    for (const each of this.#coming.filter(({ atMs }) => atMs <= nowMs)) {
      this.#coming.splice(this.#coming.indexOf(each), 1);
      each.tell();
    }
    return false;
  }

  close(): void {}

  #arrive(port: number): void {
    const { nowMs } = this.#clock;
    const { lostPerMille = 0, rttMs = 1, kindOf } = this.#scene;
    this.sent.push({ port, atMs: nowMs });
    // The same ones in each run.
    if ((this.sent.length * 7_919) % 1_000 < lostPerMille) return;
    const later = (tell: () => void, afterMs = rttMs) => this.#coming.push({ atMs: nowMs + afterMs, tell });
    const kind = kindOf(port);
    if (kind === "closed" && this.#host.allows(nowMs)) {
      later(() => this.#options.onError(port, ECONNREFUSED, UNREACHABLE));
    }
    if (kind === "rejected" && this.#router.allows(nowMs)) {
      later(() => this.#options.onError(port, EHOSTUNREACH, ROUTER));
    }
    if (kind === "answers") later(() => this.#options.onAnswer(port, new Uint8Array(1), undefined));
    if (kind === "slow") later(() => this.#options.onAnswer(port, new Uint8Array(1), undefined), 800);
  }
}

export interface Swept {
  readonly words: readonly string[];
  readonly confirmed: readonly number[];
  readonly offenders: readonly Icmp[];
  readonly sent: readonly Sent[];
  readonly tookMs: number;
  readonly perS: number;
}

/** Runs the engine over the scene until it is over; fails when that takes more than a day. */
export function sweepHeld(scene: Scene, ports: readonly number[], more: Partial<SweepJob> = {}): Swept {
  const clock = { nowMs: 0 };
  const job: SweepJob = {
    transport: "udp",
    direction: "out",
    address: TARGET,
    ports: Uint16Array.from(ports),
    payload: new Uint8Array(0),
    ratePerS: 2_000,
    attempts: 3,
    icmpBudget: { tokens: 6, perS: 1 },
    replyTimeoutMs: 1_000,
    ...more,
  };
  let batch: HeldBatch | undefined;
  const bulk: Pick<Bulk, "udpBatch" | "errorName"> = {
    udpBatch: (options) => {
      batch = new HeldBatch(scene, options, clock);
      return batch as unknown as UdpBatch;
    },
    errorName: (errno) => (errno === ECONNREFUSED ? "ECONNREFUSED" : "EHOSTUNREACH"),
  };
  const memory = VerdictMemory.for(ports.length);
  const offenders: Icmp[] = [];
  const engine = createUdpEngine({
    job,
    engine: "auto",
    source: "192.0.2.200",
    verdicts: new Verdicts(job, memory, "192.0.2.200", (icmp) => offenders.push(icmp)),
    bulk: bulk as Bulk,
    features: { udpErrorQueue4: { has: true, detail: "" } } as Features,
    flows: new Flows(),
    descriptors: new Descriptors(undefined),
    seed: 1,
    monotonicMs: () => clock.nowMs,
  });
  for (;;) {
    const waitMs = engine.step();
    if (waitMs === undefined) break;
    if (!(waitMs >= 0)) throw new RangeError(`waits ${waitMs} ms`);
    // As the worker's loop sleeps.
    clock.nowMs += Math.min(4, Math.max(0.05, waitMs));
    if (clock.nowMs > 86_400_000) throw new Error("it never ends");
  }
  engine.close();
  return {
    words: Array.from(memory.codes, (code) => REASONS[code - 1] ?? "not asked"),
    confirmed: [...memory.confirmed],
    offenders,
    sent: batch!.sent,
    tookMs: clock.nowMs,
    perS: memory.icmpBudget.perS,
  };
}
