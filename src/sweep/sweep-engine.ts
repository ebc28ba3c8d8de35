/** What every engine in the worker is given, and what it does: its part of one sweep, step by step, without waiting. */
import type { Bulk, Features } from "#node-dgram-ext";
import type { SweepJob } from "../model/observation.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Flows } from "./flows.ts";
import type { Verdicts } from "./verdicts.ts";
import type { Engine } from "./worker-messages.ts";

export interface SweepEngine {
  /**
   * Does what can be done now, some milliseconds of work at most, and never waits. Gives the milliseconds until it wants
   * to be called again (0: at once; an answer may come before, so it is called earlier than that), or undefined when the
   * sweep is over. Throws when the sweep cannot go on.
   */
  step(): number | undefined;
  /** Frees what it holds; ports that are not settled stay so. */
  close(): void;
}

export interface EngineParts {
  readonly job: SweepJob;
  readonly engine: Exclude<Engine, "portable">;
  /** Our own address on the way there. */
  readonly source?: string;
  /** Where the verdict on each port goes. */
  readonly verdicts: Verdicts;
  readonly bulk: Bulk;
  readonly features: Features;
  /** New flows that all sweeps of the run may open. */
  readonly flows: Flows;
  /** Descriptors that all sweeps of the run may hold. */
  readonly descriptors: Descriptors;
  /** 32 random bits. */
  readonly seed: number;
  monotonicMs(): number;
}

/** Throws SocketError where the system gives no socket for it. */
export type MakeEngine = (parts: EngineParts) => SweepEngine;
