/** How much happens at once: overall, per target address, and one connection at a time per port, theirs or ours. */
import pLimit, { type LimitFunction } from "p-limit";
import type { Check } from "../model/check.ts";
import { countPorts } from "../model/ports.ts";

/** Per address at most this many checks at a time; part of probing politely. */
export const CHECKS_PER_ADDRESS = 16;

/** As many look-ups as libuv has threads: more would only wait for each other, and use up their time. */
const LOOK_UPS = 4;

export class Limits {
  readonly #overall: LimitFunction;
  readonly #addresses = new Map<string, LimitFunction>();
  readonly #ports = new Map<string, LimitFunction>();
  readonly #ownPorts = new Map<string, LimitFunction>();
  readonly #senders = new Map<string, LimitFunction>();

  readonly #lookUps = pLimit(LOOK_UPS);

  /** `concurrency` is the most checks that run at once, at least 1. */
  constructor(concurrency: number) {
    this.#overall = pLimit(concurrency);
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
    return limitOf(this.#senders, first, 1)(() => this.inTurn(rest, task));
  }

  /** Runs the task when its ports, its address and the run have room. Ports are taken first: they hold no other up. */
  run<T>(check: Check, task: () => Promise<T>): Promise<T> {
    const { transport, ports, sourcePort, address = check.host } = check;
    const inAddress = () => limitOf(this.#addresses, address, CHECKS_PER_ADDRESS)(() => this.#overall(task));
    if (countPorts(ports) > 1) return inAddress();
    const atPort = () => limitOf(this.#ports, `${transport} ${address} ${ports[0]?.first}`, 1)(inAddress);
    // A system gives a port to one socket at a time, whatever address it talks to.
    return sourcePort === undefined ? atPort() : limitOf(this.#ownPorts, `${transport} ${sourcePort}`, 1)(atPort);
  }
}

function limitOf(limits: Map<string, LimitFunction>, key: string, most: number): LimitFunction {
  const known = limits.get(key);
  if (known !== undefined) return known;
  const made = pLimit(most);
  limits.set(key, made);
  return made;
}
