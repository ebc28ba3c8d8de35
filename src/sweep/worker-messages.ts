/** What the main thread and the worker say to each other. All of it is data. */
import type { Icmp, SweepJob } from "../model/observation.ts";

/** Which way TCP ports are asked; `auto` takes the best that this machine allows, `portable` needs no system calls. */
export const ENGINES = ["auto", "connect", "syn", "portable"] as const;
export type Engine = (typeof ENGINES)[number];

export interface SweepOrder {
  readonly kind: "sweep";
  readonly id: number;
  readonly job: SweepJob;
  readonly engine: Exclude<Engine, "portable">;
  /** 32 random bits. */
  readonly seed: number;
  /** Our own address on the way there. */
  readonly source?: string;
  /** Of a VerdictMemory. */
  readonly memory: SharedArrayBuffer;
}

/** Nothing more will be asked of this worker. */
export interface EndOrder {
  readonly kind: "end";
}

export type Order = SweepOrder | EndOrder;

export type Report =
  /** More ports are settled than the last time; or time passed. */
  | { readonly kind: "progress"; readonly id: number }
  /** The next entry of a sweep's table of offenders. */
  | { readonly kind: "offender"; readonly id: number; readonly icmp: Icmp }
  /** All ports are settled, or the sweep was cancelled. */
  | { readonly kind: "done"; readonly id: number }
  /** It cannot be done, or not go on, here. What is settled holds. */
  | { readonly kind: "failed"; readonly id: number; readonly why: string }
  /** No sweep is under way, and none was for a while. */
  | { readonly kind: "idle" };
