/**
 * The configuration of an agent: a site, and when it is asked, who may look and who is told. Written as YAML; this is
 * what the parts of the agent are given, every word of it checked.
 */
import type { Endpoint } from "../model/ports.ts";
import type { Place } from "../profile/config-error.ts";
import type { Site } from "../profile/site.ts";

export interface AgentConfig {
  /** As messages shall show it. */
  readonly file: string;
  readonly site: Site;
  /** At least one; names are unique. */
  readonly schedules: readonly ScheduleConfig[];
  /** Absent: nobody can look. */
  readonly listen?: ListenConfig;
  /** Absent: what was seen is gone when the process ends. */
  readonly history?: HistoryConfig;
  readonly damping: Damping;
  readonly alerts: readonly WebhookConfig[];
  readonly selfCheck: SelfCheckConfig;
  readonly limits: LimitsConfig;
  /** The file with the key that the responders of the site want; always there where the site has any. */
  readonly keyFile?: string;
  /** `NAME=FILE`, as --secret of `run` takes them. */
  readonly secrets: readonly string[];
}

export interface ScheduleConfig {
  /** `default` where the file has one schedule without a name. */
  readonly name: string;
  readonly when: When;
  /** A run begins up to so much later than it is due, by chance: agents that start together do not ask together. */
  readonly jitterMs: number;
  /** Ids of profiles; absent: every vector of the site. */
  readonly profiles?: readonly string[];
  /** Rows, as --only and --skip of `run` pick them. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Where it stands in the file. */
  readonly place: Place;
}

export type When =
  | { readonly everyMs: number }
  /** `timezone` is an IANA name; without one the machine's own time counts. */
  | { readonly cron: string; readonly timezone?: string };

export interface ListenConfig {
  /** A literal. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Always there where the address is not a loopback address. */
  readonly token?: string;
  /** Where it stands in the file. */
  readonly place?: Place;
}

export interface HistoryConfig {
  /** Relative to the working folder, as `file` is. */
  readonly dir: string;
  readonly maxBytes: number;
}

/** A cell's published outcome changes when `need` of its last `of` votes say so. */
export interface Damping {
  readonly need: number;
  readonly of: number;
}

export const WEBHOOK_FORMATS = ["json", "slack", "alertmanager"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** The URL and the headers may hold secrets: neither is logged. */
export interface WebhookConfig {
  readonly url: string;
  readonly format: WebhookFormat;
  readonly headers: Readonly<Record<string, string>>;
}

/** What must answer for a bad run to be believed. */
export interface SelfCheckConfig {
  /** The default gateway. */
  readonly gateway: boolean;
  readonly anchor?: Endpoint;
}

export interface LimitsConfig {
  /** Checks at once, over all schedules. */
  readonly concurrency: number;
  /** New flows a second that a sweep may open. */
  readonly ratePerS: number;
}
