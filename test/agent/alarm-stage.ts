/** An agent's memory and alarms, fed with runs; what its web hooks would get is kept. */
import { Alerts } from "../../src/agent/alerts.ts";
import type { Damping } from "../../src/agent/config.ts";
import type { RunRecord } from "../../src/agent/run-record.ts";
import { CellStates } from "../../src/agent/states.ts";
import type { ResultEntry } from "../../src/report/document.ts";
import { HeldClock } from "../engine/held-clock.ts";
import { TOOL } from "../report/sample-run.ts";
import { entry, record } from "./sample-record.ts";

/** A message of the format json, as far as tests look at it. */
export interface Told {
  readonly event: string;
  readonly incident: string;
  readonly severity: string;
  readonly over: boolean;
  readonly title: string;
  readonly cause: { readonly kind: string; readonly trouble: string; readonly hosts: readonly string[] };
  readonly startedAt: string;
  readonly badForMs?: number;
  readonly rowCount: number;
  readonly rows: readonly { readonly host: string; readonly check: string; readonly badSince: string }[];
  readonly stillBadCount: number;
}

export class Stage {
  readonly clock = new HeldClock();
  readonly states: CellStates;
  readonly alerts: Alerts;
  #told: Told[] = [];
  #runs = 0;

  readonly #damping: Damping;

  constructor(damping: Damping = { need: 1, of: 1 }) {
    this.#damping = damping;
    this.states = new CellStates(damping);
    this.alerts = new Alerts([{ url: "http://127.0.0.1:9/hook", format: "json", headers: {} }], {
      world: this.clock.world,
      tool: TOOL,
      source: { host: "unity2.example.com", role: "unity-secondary" },
      post: async ({ body }) => {
        this.#told.push(JSON.parse(body) as Told);
        return { status: 200 };
      },
      tell: () => {},
    });
  }

  /** The next run, a minute after the one before; gives what was told of it. */
  async run(results: readonly ResultEntry[], more: Partial<RunRecord> = {}): Promise<readonly Told[]> {
    const seen = record(this.#runs++, results, more);
    this.alerts.note(seen, this.states.apply(seen), this.states.cells());
    return this.told();
  }

  /** The same agent after a restart, as its cells bring it back. */
  restarted(): Stage {
    const next = new Stage(this.#damping);
    next.states.restore(this.states.cells());
    next.alerts.adopt(next.states.cells());
    next.#runs = this.#runs;
    return next;
  }

  /** What was told since this was asked last. */
  async told(): Promise<readonly Told[]> {
    while (this.alerts.counts().some(({ queued }) => queued > 0)) await new Promise((turn) => setImmediate(turn));
    const told = this.#told;
    this.#told = [];
    return told;
  }
}

/** Rows of one host that share everything but their number. */
export function rows(count: number, like: (number: number) => ResultEntry): readonly ResultEntry[] {
  return Array.from({ length: count }, (_, number) => like(number));
}

const PROFILES = ["failover-secondary", "exchange-um"] as const;

/** Row `number` at a host: every third one is of another vector. */
export function row(outcome: ResultEntry["outcome"], host: string, number: number, more: Partial<ResultEntry> = {}) {
  const named = { host, profile: PROFILES[number % 3 === 2 ? 1 : 0]!, check: `service-${number}/tcp/${1000 + number}` };
  return entry(outcome, { ...named, service: `Service ${number}`, ports: `${1000 + number}`, ...more });
}

/** A firewall that says so. */
export const rejectedBy = (address: string): Partial<ResultEntry> => ({
  state: "filtered",
  reason: "admin-prohibited",
  offender: { address, icmpType: 3, icmpCode: 13 },
});
