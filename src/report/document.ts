/**
 * The report as a document: the one result model that every renderer draws from, and what `-o json` prints. Plain
 * interfaces, so that a run loads no schema library; schema.ts describes the same shape for the published JSON Schema,
 * and a test holds the two together. A field is never renamed or given another meaning within `schemaVersion` 1.
 */
import type { Evidence } from "../model/evidence.ts";
import type {
  Direction,
  Expectation,
  LostWay,
  Outcome,
  Reason,
  ServiceState,
  State,
  Transport,
} from "../model/words.ts";

export const SCHEMA_VERSION = 1;

export interface ReportDocument {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly tool: Tool;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The machine that the run left from, and its role where the site says so. */
  readonly source: { readonly host: string; readonly role?: string };
  readonly profiles: readonly ProfileEntry[];
  readonly findings: readonly FindingEntry[];
  readonly summary: Summary;
  /** In the order of the plan, then of the addresses; leads follow the row whose reply announced them. */
  readonly results: readonly ResultEntry[];
}

export interface Tool {
  readonly name: string;
  readonly version: string;
}

export interface ProfileEntry {
  readonly id: string;
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly caution?: string;
}

/** A sentence about several results, printed with one of them. */
export interface FindingEntry {
  readonly check: string;
  readonly host: string;
  readonly text: string;
}

export interface Counts {
  readonly pass: number;
  readonly fail: number;
  readonly inconclusive: number;
  readonly skipped: number;
  readonly error: number;
  /** In plan documents only. */
  readonly planned?: number;
}

/** Counts of required rows, where an any-of group counts once (in a plan: each member); canaries are in no count. */
export interface Summary extends Counts {
  /** Rows and leads that move no exit code. */
  readonly optional: Counts;
  readonly exitCode: number;
  /** Why the exit code is what it is; absent in a plan. */
  readonly cause?: string;
  /** The worst case of the whole plan; in plan documents only. */
  readonly estimate?: Estimate;
}

/** The most that will be sent, and how long it takes when nothing answers. */
export interface Estimate {
  readonly packets: number;
  readonly bytes: number;
  readonly worstMs: number;
  /** How many ports of a longer range are asked. */
  readonly sample?: number;
}

export interface Offender {
  readonly address: string;
  readonly icmpType: number;
  readonly icmpCode: number;
}

/** What was asked, of whom, from where. */
export interface AskedEntry {
  readonly profile: string;
  /** `<service-slug>/<transport>/<ports as written>`: stable across runs, unique in its profile. */
  readonly check: string;
  readonly service: string;
  readonly transport: Transport;
  readonly ports: string;
  readonly prober: string;
  readonly direction: Direction;
  /** The role that the target plays. */
  readonly role: string;
  /** As asked. */
  readonly host: string;
  /** As resolved; null where the name has no address or was not resolved. */
  readonly address: string | null;
  /** Our own address on the way there; null where it is not known. */
  readonly source: string | null;
  /** Our address as the far end saw it (after NAT). */
  readonly seenAs?: string;
  readonly expect: Expectation;
  readonly required: boolean;
  /** Any-of group: it passes when one member passes. */
  readonly group?: string;
  /** The check whose reply announced this one (a lead). */
  readonly via?: string;
  /** A port tried only to see whether the network lies. */
  readonly canary?: true;
  /** The vendor document and line that state the row. */
  readonly seed?: { readonly document: string; readonly line: number };
}

/** One check (a row, one transport, one address) and what came of it. */
export interface ResultEntry extends AskedEntry {
  /** Null: never sent, or not ended. */
  readonly state: State | null;
  readonly reason: Reason | null;
  readonly serviceState: ServiceState | null;
  readonly outcome: Outcome;
  /** A responder held the port, and this did not come through. */
  readonly lost?: LostWay;
  /** Who sent the ICMP error. */
  readonly offender?: Offender;
  /** Whether type, code and sender of ICMP errors could be seen. */
  readonly errorQueue: boolean;
  readonly detail: string;
  readonly evidence: Evidence;
  readonly warnings: readonly string[];
  readonly attempts: number;
  /** Whether the first send of the first attempt decided it. */
  readonly firstTry: boolean;
  readonly rttMs?: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
  readonly range?: RangeEntry;
  /** In plan documents only. */
  readonly estimate?: Estimate;
}

/** What a range row saw: counts, and the ports by state as `22801,22810-22815`. */
export interface RangeEntry {
  readonly total: number;
  readonly tested: number;
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly openFiltered: number;
  readonly unknown: number;
  readonly ports: {
    readonly open?: string;
    readonly closed?: string;
    readonly filtered?: string;
    readonly openFiltered?: string;
  };
  /** Ports that a responder held, by what did not come through. */
  readonly lost?: { readonly request?: string; readonly reply?: string };
  readonly offenders?: readonly (Offender & { readonly ports: string })[];
  /** The statement of a sample, when not all ports were asked. */
  readonly confidence?: string;
}
