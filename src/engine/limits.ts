/** How much happens at once: overall, per target address, and one connection at a time per port, theirs or ours. */
import pLimit, { type LimitFunction } from "p-limit";
import type { Check } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";

/** Per address at most this many checks at a time; part of probing politely. */
export const CHECKS_PER_ADDRESS = 16;

/** As many look-ups as libuv has threads: more would only wait for each other, and use up their time. */
const LOOK_UPS = 4;

/** How much of what goes by one key happens at once; a key that nobody uses takes no room. */
class KeyedLimits {
  readonly #limits = new Map<string, { readonly limit: LimitFunction; users: number }>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const one = this.#limits.get(key) ?? { limit: pLimit(this.#most), users: 0 };
    this.#limits.set(key, one);
    one.users++;
    try {
      return await one.limit(task);
    } finally {
      one.users--;
      if (one.users === 0) this.#limits.delete(key);
    }
  }
}

export class Limits {
  readonly #overall: LimitFunction;
  readonly #addresses = new KeyedLimits(CHECKS_PER_ADDRESS);
  readonly #ports = new KeyedLimits(1);
  readonly #ownPorts = new KeyedLimits(1);
  readonly #senders = new KeyedLimits(1);

  readonly #lookUps = pLimit(LOOK_UPS);

  /** `concurrency` is the most checks that run at once, at least 1. */
  constructor(concurrency: number) {
    this.#overall = pLimit(concurrency);
  }

  /** The most checks that run at once from now on. */
  set concurrency(most: number) {
    this.#overall.concurrency = most;
  }

  /** Runs a look-up of a name or a route when there is room; its time begins then. */
  lookUp<T>(task: () => Promise<T>): Promise<T> {
    return this.#lookUps(task);
  }

  /** Sweeps that spend the budget of one of the same senders of ICMP errors, one after the other. */
  inTurn<T>(senders: readonly string[], task: () => Promise<T>): Promise<T> {
    // Always in the same order, so that no two wait for each other.
    const [first, ...rest] = [...senders].sort();
    if (first === undefined) return task();
    return this.#senders.run(first, () => this.inTurn(rest, task));
  }

  /** Runs the task when its ports, its address and the run have room. Ports are taken first: they hold no other up. */
  run<T>(check: Check, task: () => Promise<T>): Promise<T> {
    const { transport, ports, sourcePort, address = check.host } = check;
    const inAddress = () => this.#addresses.run(address, () => this.#overall(task));
    if (countPorts(ports) > 1) return inAddress();
    const atPort = () => this.#ports.run(`${transport} ${address} ${ports[0]?.first}`, inAddress);
    // A system gives a port to one socket at a time, whatever address it talks to.
    return sourcePort === undefined ? atPort() : this.#ownPorts.run(`${transport} ${sourcePort}`, atPort);
  }
}
