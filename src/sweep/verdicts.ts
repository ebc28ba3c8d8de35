/** The verdict on each port of a sweep, on the worker's side: written where the main thread sees it. */
import type { IcmpError } from "#node-dgram-ext";
import type { Icmp, IcmpAllowance, Observation, SweepJob } from "../model/observation.ts";
import { REASONS, type Reason } from "../model/words.ts";
import { reasonOfObservation } from "../verdict/state.ts";
import type { VerdictMemory } from "./verdict-memory.ts";

const NO_PORT = -1;

/**
 * Error numbers that over the network come with an ICMP error only. Without one our own side has no route, or one that
 * forbids it (ip-route(8): unreachable, prohibit).
 */
const OWN_REASON: Readonly<Record<string, Reason>> = {
  ENETUNREACH: "no-route",
  EHOSTUNREACH: "no-route",
  EHOSTDOWN: "no-route",
  EACCES: "local-egress-blocked",
};

export class Verdicts {
  readonly #job: SweepJob;
  readonly #shared: VerdictMemory;
  readonly #source: string | undefined;
  readonly #onOffender: (icmp: Icmp) => void;
  readonly #lowest: number;
  /**
   * Where a port stands in the job, the first time, counted from the lowest; NO_PORT where it does not. A table of all
   * ports would be 256 KiB, and an agent sweeps a thousand small ranges at once.
   */
  readonly #indexOf: Int32Array;
  /** 1-based numbers in the table of offenders. */
  readonly #offenders = new Map<string, number>();
  readonly #reasons = new Map<string, Reason>();
  #settled = 0;

  constructor(job: SweepJob, shared: VerdictMemory, source: string | undefined, onOffender: (icmp: Icmp) => void) {
    this.#job = job;
    this.#shared = shared;
    this.#source = source;
    this.#onOffender = onOffender;
    let [lowest, highest] = [job.ports[0] ?? 0, 0];
    for (const port of job.ports) {
      lowest = Math.min(lowest, port);
      highest = Math.max(highest, port);
    }
    this.#lowest = lowest;
    this.#indexOf = new Int32Array(highest - lowest + 1).fill(NO_PORT);
    for (let at = job.ports.length - 1; at >= 0; at--) this.#indexOf[job.ports[at]! - lowest] = at;
  }

  /** Indexes of the ports, each port once. */
  indexes(): number[] {
    const all: number[] = [];
    for (const [at, port] of this.#job.ports.entries()) if (this.indexOf(port) === at) all.push(at);
    return all;
  }

  port(at: number): number {
    return this.#job.ports[at]!;
  }

  /** Where the port stands in the job; undefined for one that nobody asked. */
  indexOf(port: number): number | undefined {
    // A port beside the table is below or above all of them.
    const at = this.#indexOf[port - this.#lowest];
    return at === NO_PORT ? undefined : at;
  }

  isSettled(at: number): boolean {
    return this.#shared.codes[at] !== 0;
  }

  get settled(): number {
    return this.#settled;
  }

  /** Packets left. */
  sent(packets = 1): void {
    this.#shared.sent += packets;
  }

  /** How long the sweep will still take. */
  remains(ms: number): void {
    this.#shared.remainingMs = ms;
  }

  /** A silent port was asked while a control was answered. */
  confirm(at: number): void {
    this.#shared.confirmed[at] = 1;
  }

  /** What the target may still send us. */
  learned(icmpBudget: IcmpAllowance): void {
    this.#shared.icmpBudget = icmpBudget;
  }

  /** The first verdict on a port holds. */
  settle(
    at: number,
    reason: Reason,
    evidence: { readonly icmp?: Icmp | undefined; readonly hopLimit?: number } = {},
  ): void {
    if (this.isSettled(at)) return;
    if (evidence.hopLimit !== undefined) this.#shared.hopLimitOf[at] = evidence.hopLimit;
    if (evidence.icmp !== undefined) this.#shared.offenderOf[at] = this.#numberOf(evidence.icmp);
    this.#shared.codes[at] = codeOf(reason);
    this.#shared.settled = ++this.#settled;
  }

  /** What an error number (by its name), and the ICMP error behind it, say of a port. */
  reasonOf(code: string, icmp?: IcmpError): Reason {
    const key = icmp === undefined ? code : `${code} ${keyOf(icmp)}`;
    const known = this.#reasons.get(key);
    if (known !== undefined) return known;
    const reason =
      (icmp === undefined ? OWN_REASON[code] : undefined) ?? reasonOfObservation(this.#observed(code, icmp));
    this.#reasons.set(key, reason);
    return reason;
  }

  /** Ports that are named more than once get the same verdict each time. */
  finish(): void {
    const { codes, offenderOf, hopLimitOf, confirmed } = this.#shared;
    for (const [at, port] of this.#job.ports.entries()) {
      const first = this.indexOf(port)!;
      if (first === at) continue;
      codes[at] = codes[first]!;
      offenderOf[at] = offenderOf[first]!;
      hopLimitOf[at] = hopLimitOf[first]!;
      confirmed[at] = confirmed[first]!;
      this.#shared.settled = ++this.#settled;
    }
  }

  #observed(code: string, icmp: IcmpError | undefined): Observation {
    const { transport, address } = this.#job;
    return {
      remote: { transport, address, port: 0 },
      phase: "connect",
      startedMs: 0,
      sentMs: [],
      endedMs: 0,
      code,
      errorQueue: true,
      ...(icmp !== undefined && { icmp }),
      ...(this.#source !== undefined && { local: { transport, address: this.#source, port: 0 } }),
    };
  }

  #numberOf(icmp: Icmp): number {
    const key = keyOf(icmp);
    const known = this.#offenders.get(key);
    if (known !== undefined) return known;
    this.#onOffender(icmp);
    const number = this.#offenders.size + 1;
    this.#offenders.set(key, number);
    return number;
  }
}

function keyOf({ type, code, from }: Icmp): string {
  return `${type}/${code} ${from}`;
}

/** The code of a reason in SweepSeen. */
export function codeOf(reason: Reason): number {
  return REASONS.indexOf(reason) + 1;
}
