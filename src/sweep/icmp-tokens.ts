/**
 * The ICMP errors that a target may still send us, as tokens (RFC 1812 section 4.3.2.8). A port asked while none is left
 * would look silent. Only an error uses one up; silence and answers give theirs back.
 */
import type { IcmpAllowance } from "../model/observation.ts";
import type { World } from "../model/prober.ts";
import { Pace } from "./pace.ts";

/** A token is held back this long for an error to come, or twice the slowest so far; a later one is still paid. */
const HOLD_MS = 250;

/** Targets count in clock ticks of up to 10 ms, so that an error asked for exactly on time may be refused. */
const MARGIN = 0.98;

export interface IcmpToken {
  /** The port was answered by an error, so many milliseconds after it was asked. */
  use(tookMs: number): void;
  giveBack(): void;
}

export class IcmpTokens {
  readonly #pace: Pace;
  readonly #world: World;
  readonly #onGivenBack: () => void;
  readonly #perS: number;
  #holdMs = HOLD_MS;

  constructor({ tokens, perS }: IcmpAllowance, world: World, onGivenBack: () => void) {
    this.#perS = perS;
    this.#pace = new Pace({ perS: perS * MARGIN, burst: Math.max(1, tokens), tokens }, world.monotonicMs());
    this.#world = world;
    this.#onGivenBack = onGivenBack;
  }

  waitMs(): number {
    return this.#pace.waitMs(this.#world.monotonicMs());
  }

  /** What there is now, and what comes each second. */
  left(): IcmpAllowance {
    return { tokens: this.#pace.tokens(this.#world.monotonicMs()), perS: this.#perS };
  }

  /** Errors came for which no token was taken. */
  owe(errors: number): void {
    for (let paid = 0; paid < errors; paid++) this.#pace.take(this.#world.monotonicMs());
  }

  /** Takes a token for one ask; it comes back by itself when no error has come after a while. */
  take(): IcmpToken {
    const settled = new AbortController();
    let held = true;
    this.owe(1);
    const giveBack = () => {
      settled.abort();
      if (!held) return;
      held = false;
      this.#pace.giveBack();
      this.#onGivenBack();
    };
    const use = (tookMs: number) => {
      this.#holdMs = Math.max(this.#holdMs, 2 * tookMs);
      if (!held) this.owe(1);
      held = false;
      settled.abort();
    };
    void this.#world.sleep(this.#holdMs, settled.signal).then(giveBack);
    return { use, giveBack };
  }
}
