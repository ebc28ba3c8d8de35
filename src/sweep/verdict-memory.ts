/**
 * What the main thread and the worker share of one sweep while it goes on: memory that both see, so that nothing is
 * copied, a stop is seen at once, and what is settled outlives the worker.
 */
import type { IcmpAllowance } from "../model/observation.ts";

const CANCELLED = 0;
const SETTLED = 1;
const SENT = 2;
const REMAINING_MS = 3;
const ICMP_TOKENS = 4;
const ICMP_PER_1000_S = 5;
const FACTS_BYTES = 24;
/** An offender (16 bits), a code, a hop limit, and whether its silence was confirmed. */
const BYTES_A_PORT = 5;

/** What REMAINING_MS holds while nobody can tell. */
const NOBODY_KNOWS = -1;

export class VerdictMemory {
  readonly memory: SharedArrayBuffer;
  /** One entry a port, as in SweepSeen. */
  readonly codes: Uint8Array;
  readonly offenderOf: Uint16Array;
  readonly hopLimitOf: Uint8Array;
  readonly confirmed: Uint8Array;
  readonly #facts: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    const ports = (memory.byteLength - FACTS_BYTES) / BYTES_A_PORT;
    this.memory = memory;
    this.#facts = new Int32Array(memory, 0, FACTS_BYTES / 4);
    this.offenderOf = new Uint16Array(memory, FACTS_BYTES, ports);
    this.codes = new Uint8Array(memory, FACTS_BYTES + 2 * ports, ports);
    this.hopLimitOf = new Uint8Array(memory, FACTS_BYTES + 3 * ports, ports);
    this.confirmed = new Uint8Array(memory, FACTS_BYTES + 4 * ports, ports);
  }

  /** For a sweep of so many ports that has not begun. */
  static for(ports: number): VerdictMemory {
    const shared = new VerdictMemory(new SharedArrayBuffer(FACTS_BYTES + BYTES_A_PORT * ports));
    shared.remainingMs = undefined;
    return shared;
  }

  get cancelled(): boolean {
    return Atomics.load(this.#facts, CANCELLED) !== 0;
  }

  cancel(): void {
    Atomics.store(this.#facts, CANCELLED, 1);
  }

  /** Ports that have their verdict. */
  get settled(): number {
    return Atomics.load(this.#facts, SETTLED);
  }

  set settled(ports: number) {
    Atomics.store(this.#facts, SETTLED, ports);
  }

  /** Packets that left. */
  get sent(): number {
    return Atomics.load(this.#facts, SENT);
  }

  set sent(packets: number) {
    Atomics.store(this.#facts, SENT, packets);
  }

  /** How long the sweep will still take, where that can be told. */
  get remainingMs(): number | undefined {
    const ms = Atomics.load(this.#facts, REMAINING_MS);
    return ms === NOBODY_KNOWS ? undefined : ms;
  }

  set remainingMs(ms: number | undefined) {
    Atomics.store(this.#facts, REMAINING_MS, ms === undefined ? NOBODY_KNOWS : Math.round(ms));
  }

  /** What the target may still send us; a rate of 0 where nobody learned it. */
  get icmpBudget(): IcmpAllowance {
    const tokens = Atomics.load(this.#facts, ICMP_TOKENS);
    return { tokens, perS: Atomics.load(this.#facts, ICMP_PER_1000_S) / 1_000 };
  }

  set icmpBudget({ tokens, perS }: IcmpAllowance) {
    Atomics.store(this.#facts, ICMP_TOKENS, Math.floor(tokens));
    Atomics.store(this.#facts, ICMP_PER_1000_S, Math.round(perS * 1_000));
  }
}
