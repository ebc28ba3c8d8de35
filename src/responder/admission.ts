/** Who may knock: addresses that are allowed, the latest of those that have not shown the key, and what is told of the rest. */
import { tellEachMinute } from "./refused.ts";

/** Connections that have not shown the key yet, in all and of one address. */
export const UNPROVEN_MAX = 64;
export const UNPROVEN_EACH_MAX = 16;

export interface AdmissionOptions {
  allows(address: string): boolean;
  monotonicMs(): number;
  /** Tells of somebody who was turned away. */
  tell(address: string, why: string): void;
}

/** A connection, as far as it matters here. */
export interface Knock {
  resetAndDestroy(): unknown;
}

export class Admission {
  readonly #options: AdmissionOptions;
  /** The address of each connection that has not shown the key, the oldest first. */
  readonly #unproven = new Map<Knock, string>();
  readonly #tell: AdmissionOptions["tell"];

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#tell = tellEachMinute(options.tell, options.monotonicMs);
  }

  /**
   * Whether a connection of this address may try to show the key; true has to be followed by `leave`. Where there are too
   * many the oldest makes room: who has the key shows it in milliseconds, and whoever only waits locks nobody out.
   */
  enter(address: string, connection: Knock): boolean {
    if (!this.#options.allows(address)) return this.turnAway(address, "not in --allow");
    const own = [...this.#unproven].filter(([, other]) => other === address);
    if (own.length >= UNPROVEN_EACH_MAX) this.#reset(own[0]!);
    else if (this.#unproven.size >= UNPROVEN_MAX) this.#reset([...this.#unproven][0]!);
    this.#unproven.set(connection, address);
    return true;
  }

  /** The connection has shown the key, or is gone. Gives the address of one that was still expected to show it. */
  leave(connection: Knock): string | undefined {
    const address = this.#unproven.get(connection);
    this.#unproven.delete(connection);
    return address;
  }

  /** Tells of it, unless that was said a moment ago. */
  turnAway(address: string, why: string): false {
    this.#tell(address, why);
    return false;
  }

  #reset([connection, address]: readonly [Knock, string]): void {
    this.#unproven.delete(connection);
    connection.resetAndDestroy();
    this.turnAway(address, "too many at once");
  }
}
