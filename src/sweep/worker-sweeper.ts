/**
 * The sweeper of a run: ranges are swept in a worker thread where this machine allows it, and the portable way where it
 * does not, or where that is simpler. Whatever a worker leaves undone, the portable sweeper does.
 */
import type { Worker } from "node:worker_threads";
import type { SweepJob, SweepSeen } from "../model/observation.ts";
import type { HopLimitAsk, Sweeper } from "../model/parts.ts";
import type { World } from "../model/prober.ts";
import { AcceptedPorts } from "./accepted-ports.ts";
import type { AskParts } from "./ask.ts";
import { createPlainSweeper } from "./plain.ts";
import { isWorthSharing, sweepSideBySide } from "./side-by-side.ts";
import { partOf, SweepThread, type ThreadSweep } from "./sweep-thread.ts";
import { codeOf } from "./verdicts.ts";
import type { Engine } from "./worker-messages.ts";

/** For so few TCP ports a thread takes longer to start than they take to ask. */
const FEW_PORTS = 16;

export interface SweeperParts extends AskParts {
  readonly engine: Engine;
  /** Threads that may sweep one range together. */
  readonly threads: number;
  /** Whether raw SYNs can be sent here, which show the hop limit of an answer. */
  readonly rawSockets: boolean;
  /** Starts a thread that serves sweeps (worker.ts). */
  startWorker(): Worker;
}

type Progress = Parameters<Sweeper["sweep"]>[1];

/** A sweeper whose sweeps share one worker, its rate of new flows and its descriptors, or several where one is too slow. */
export function createSweeper(parts: SweeperParts): Sweeper {
  const plain = createPlainSweeper(parts);
  const { engine } = parts;
  if (engine === "portable") return plain;
  const threads = Array.from({ length: parts.threads }, () => new SweepThread(() => parts.startWorker()));
  const inThreads = threads.map((thread) => inThread({ ...parts, engine, plain, thread }));
  const seesHopLimits = parts.rawSockets && engine !== "connect";
  return {
    ...(seesHopLimits && { hopLimits: (asked, signal) => hopLimits(asked, threads[0]!, parts, signal) }),
    sweep(job, onProgress, signal) {
      const isSmall = engine === "auto" && job.transport === "tcp" && job.ports.length <= FEW_PORTS;
      if (isSmall || signal.aborted) return plain.sweep(job, onProgress, signal);
      if (isWorthSharing(job)) return sweepSideBySide(job, inThreads, onProgress, signal);
      return inThreads[0]!.sweep(job, onProgress, signal);
    },
  };
}

/** An answer that is lost has no hop limit: nothing hangs on it. */
const HOP_LIMIT_ATTEMPTS = 1;
const HOP_LIMIT_RATE_PER_S = 1_000;

async function hopLimits(
  { ports, ...asked }: HopLimitAsk,
  thread: SweepThread,
  { world, net }: SweeperParts,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const { source } = await net.route(asked.address, asked.source);
  // Nobody stands between this machine and itself.
  if (source === asked.address) return new Map();
  const job: SweepJob = {
    ...asked,
    transport: "tcp",
    direction: "out",
    ports: Uint16Array.from(ports),
    payload: new Uint8Array(0),
    ratePerS: HOP_LIMIT_RATE_PER_S,
    attempts: HOP_LIMIT_ATTEMPTS,
    icmpBudget: { tokens: 0, perS: 1 },
  };
  const wish = { job, engine: "syn", seed: seedOf(world), ...(source !== undefined && { source }) } as const;
  const { shared } = await thread.sweep(wish, () => {}, signal);
  return new Map(ports.map((port, at) => [port, shared.hopLimitOf[at]!] as const).filter(([, hops]) => hops > 0));
}

/** 32 random bits. */
function seedOf({ randomBytes }: Pick<World, "randomBytes">): number {
  return new DataView(Uint8Array.from(randomBytes(4)).buffer).getUint32(0);
}

function inThread(parts: SweepParts): Sweeper {
  return {
    async sweep(job, onProgress, signal) {
      const { source, code } = await parts.net.route(job.address, job.source);
      // The portable way tells of a missing route too, and asks nothing then.
      if (code !== undefined) return parts.plain.sweep(job, onProgress, signal);
      return new WorkerSweep(job, parts, source, onProgress, signal).run();
    },
  };
}

interface SweepParts extends AskParts {
  readonly engine: Exclude<Engine, "portable">;
  readonly thread: SweepThread;
  readonly plain: Sweeper;
}

class WorkerSweep {
  readonly #job: SweepJob;
  readonly #parts: SweepParts;
  readonly #source: string | undefined;
  readonly #onProgress: Progress;
  readonly #signal: AbortSignal;

  constructor(job: SweepJob, parts: SweepParts, source: string | undefined, onProgress: Progress, signal: AbortSignal) {
    this.#job = job;
    this.#parts = parts;
    this.#source = source;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async run(): Promise<SweepSeen> {
    const { engine, thread, world } = this.#parts;
    const accepted = new AcceptedPorts(this.#job, this.#parts, this.#source, this.#signal);
    const look = (codes: Uint8Array) => {
      if (this.#job.transport === "tcp") accepted.look(codes, codeOf("syn-ack"));
    };
    const seed = seedOf(world);
    const swept = await thread.sweep(
      { job: this.#job, engine, seed, ...(this.#source !== undefined && { source: this.#source }) },
      (shared) => {
        look(shared.codes);
        this.#onProgress(shared.settled, shared.remainingMs);
      },
      this.#signal,
    );
    const seen = seenOf(swept, this.#source);
    look(seen.codes);
    for (const [at, reason] of await accepted.corrections()) seen.codes[at] = codeOf(reason);
    const all = { ...seen, sent: seen.sent + accepted.asked };
    return swept.failure === undefined || this.#signal.aborted ? all : this.#finish(all);
  }

  /** Does the portable way what the worker did not. */
  async #finish(seen: SweepSeen): Promise<SweepSeen> {
    const left = [...seen.codes.keys()].filter((at) => seen.codes[at] === 0);
    if (left.length === 0) return seen;
    const settled = this.#job.ports.length - left.length;
    const onProgress: Progress = (done) => this.#onProgress(settled + done);
    const rest = await this.#parts.plain.sweep(partOf(this.#job, left), onProgress, this.#signal);
    const { codes, offenderOf } = seen;
    for (const [index, at] of left.entries()) {
      codes[at] = rest.codes[index]!;
      const number = rest.offenderOf[index]!;
      offenderOf[at] = number === 0 ? 0 : seen.offenders.length + number;
      if (seen.confirmed !== undefined) seen.confirmed[at] = rest.confirmed?.[index] ?? 0;
    }
    return {
      ...seen,
      offenders: [...seen.offenders, ...rest.offenders],
      errorQueue: seen.errorQueue && rest.errorQueue,
      sent: seen.sent + rest.sent,
    };
  }
}

/** What the worker saw, in memory of our own. An ICMP error whose sender was lost with the worker proves nothing. */
function seenOf({ shared, offenders }: ThreadSweep, source: string | undefined): SweepSeen {
  const codes = Uint8Array.from(shared.codes);
  const offenderOf = Uint16Array.from(shared.offenderOf);
  for (const [at, number] of offenderOf.entries()) {
    if (number <= offenders.length) continue;
    codes[at] = 0;
    offenderOf[at] = 0;
  }
  return {
    codes,
    offenderOf,
    hopLimitOf: Uint8Array.from(shared.hopLimitOf),
    offenders,
    errorQueue: true,
    sent: shared.sent,
    confirmed: Uint8Array.from(shared.confirmed),
    ...(shared.icmpBudget.perS > 0 && { icmpBudget: shared.icmpBudget }),
    ...(source !== undefined && { source }),
  };
}
