/**
 * The flags that `run` and `plan` share, and what they mean. Every flag has an environment twin: UNITY_PROBE_<FLAG>.
 */
import type { RunOptions } from "../engine/context.ts";
import { SAMPLE_PORTS_MIN, type SampleWanted } from "../model/sample.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { PlanOptions, VectorOptions } from "../profile/expand.ts";
import { FORMATS } from "../report/index.ts";
import { ENGINES, type Engine } from "../sweep/worker-messages.ts";
import { EXIT_STYLES } from "./exit-style.ts";
import { profileIds } from "./profile-files.ts";
import { RESPONDER_FLAGS } from "./responder-flags.ts";

/** One flag, as yargs takes it. */
export interface Flag {
  readonly type: "string" | "boolean" | "number" | "array";
  readonly about: string;
  readonly alias?: string;
  readonly choices?: readonly string[];
  /** What a shell offers where any word may stand. */
  readonly values?: () => Promise<readonly string[]>;
}

/** Parsed flags by name; yargs keeps the long name of each. */
export type FlagValues = Readonly<Record<string, unknown>>;

export const PLAN_FLAGS = {
  profile: {
    type: "array",
    alias: "p",
    about: "Profile id, alias, or path of a YAML file; repeatable",
    values: profileIds,
  },
  host: { type: "array", alias: "H", about: "Name or address of the target; repeatable" },
  "own-address": {
    type: "array",
    about: "Further address of the target, or HOST=ADDRESS: an ICMP error from it is the target's own; repeatable",
  },
  site: { type: "string", about: "YAML file that says which machine is what: every vector that starts here is asked" },
  role: { type: "array", about: "What this machine is, for a site file that all machines share; repeatable" },
  "profiles-dir": { type: "string", about: "Folder with YAML files of your own profiles" },
  set: { type: "array", about: "Value for a profile variable: name=value; repeatable" },
  with: { type: "array", about: "Switch that is on, for instance sip; repeatable" },
  without: { type: "array", about: "Switch that is off; repeatable" },
  secret: { type: "array", about: "File with a secret that a row names: NAME=FILE; repeatable" },
  expect: {
    type: "string",
    choices: ["service", "path"],
    about: "service, or path: only ask whether the network lets rows through",
  },
  only: { type: "array", about: "Ask only these rows: a service, tcp/389 or udp/22800-32767; repeatable" },
  skip: { type: "array", about: "Leave these rows out; same words; repeatable" },
  "strict-tls": { type: "boolean", about: "What is wrong with a certificate fails its row instead of warning" },
  source: { type: "string", about: "Own address to ask from" },
  "source-port": { type: "array", about: "Own port for a row: udp/137=137; repeatable" },
  output: {
    type: "array",
    alias: "o",
    about: "FORMAT or FORMAT=FILE: table, json, ndjson, junit, html, nagios; repeatable",
    values: async () => Object.keys(FORMATS),
  },
  color: {
    type: "string",
    choices: ["auto", "always", "never"],
    about: "Colour in tables: auto (default), always or never",
  },
  verbose: {
    type: "boolean",
    alias: "v",
    about: "Evidence and time-outs in tables; log lines where stderr is no terminal",
  },
} as const satisfies Record<string, Flag>;

export const RUN_FLAGS = {
  ...PLAN_FLAGS,
  ipv4: { type: "boolean", alias: "4", about: "Only IPv4 addresses of the hosts" },
  ipv6: { type: "boolean", alias: "6", about: "Only IPv6 addresses of the hosts" },
  "any-address": { type: "boolean", about: "A row need pass on one address of a host only" },
  strict: { type: "boolean", about: "Rows that are not required are required too" },
  timeout: { type: "string", about: "Give-up time of every check instead of its own, for instance 5s or 800ms" },
  attempts: { type: "number", about: "Sends of a UDP request, and asks of a silent port in a range" },
  concurrency: { type: "number", about: "Checks at once over all hosts (default 64)" },
  rate: { type: "string", about: "New flows a second in a sweep, or max (default 2000)" },
  sample: {
    type: "number",
    about: "Ask so many ports of each range that has more; of more than 1024 it is 31 (UDP) or 305",
  },
  full: { type: "boolean", about: "Ask all ports of every range; over UDP that may take hours, see plan" },
  engine: {
    type: "string",
    choices: ENGINES,
    about: "How ranges are swept: auto (default), connect, syn (needs CAP_NET_RAW) or portable",
  },
  force: { type: "boolean", about: "Ask although a prober's manners say it is too early" },
  "exit-style": {
    type: "string",
    choices: EXIT_STYLES,
    about: "plain (default), or nagios: one line and the exit codes of a monitoring plug-in",
  },
  responder: {
    type: "array",
    about: "Host with a responder, or HOST:PORT (default port 7654): ports are proven by it; repeatable",
  },
  ...RESPONDER_FLAGS,
  reverse: {
    type: "boolean",
    about: "Let responders send to us too: every profile the other way; with --site the vectors that end here",
  },
  media: {
    type: "boolean",
    about: "Send a second of voice to media ports that a responder proved: loss, jitter, delay, DSCP of both ways",
  },
  quiet: { type: "boolean", alias: "q", about: "No progress on the terminal" },
} as const satisfies Record<string, Flag>;

const HOST_MEANT = "name the machine to ask: --host dc01";
const DEFAULT_CONCURRENCY = 64;
const DEFAULT_RATE_PER_S = 2_000;
const MOST = { sample: 65_535, attempts: 10, concurrency: 1_000, ratePerS: 1_000_000, timeoutMs: 3_600_000 };

/** The flags that shape the plan. Throws ConfigError. */
export function planOptionsOf(flags: FlagValues, randomBytes: (length: number) => Uint8Array): PlanOptions {
  return {
    ...vectorOptionsOf(flags, randomBytes),
    hosts: hostsOf(flags),
    ownAddresses: list(flags, "own-address"),
  };
}

/** The same without the hosts. Throws ConfigError. */
export function vectorOptionsOf(flags: FlagValues, randomBytes: (length: number) => Uint8Array): VectorOptions {
  const source = text(flags, "source");
  return {
    set: list(flags, "set"),
    with: list(flags, "with"),
    without: list(flags, "without"),
    only: list(flags, "only"),
    skip: list(flags, "skip"),
    sourcePorts: list(flags, "source-port"),
    strictTls: flags["strict-tls"] === true,
    expectPath: flags.expect === "path",
    randomBytes,
    ...(source === undefined ? {} : { source }),
  };
}

/** The flags that shape the run. Throws ConfigError. */
export function runOptionsOf(flags: FlagValues): RunOptions {
  if (flags.ipv4 === true && flags.ipv6 === true) throw new ConfigError("-4 and -6 leave no address to ask");
  const timeout = text(flags, "timeout");
  const attempts = count(flags, "attempts", MOST.attempts);
  const sample = sampleOf(flags);
  return {
    concurrency: count(flags, "concurrency", MOST.concurrency) ?? DEFAULT_CONCURRENCY,
    ratePerS: rateOf(text(flags, "rate")),
    anyAddress: flags["any-address"] === true,
    strict: flags.strict === true,
    force: flags.force === true,
    media: flags.media === true,
    ...(timeout === undefined ? {} : { timeoutMs: durationMs(timeout, "--timeout") }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(sample === undefined ? {} : { sample }),
    ...(flags.ipv4 === true ? { family: 4 as const } : {}),
    ...(flags.ipv6 === true ? { family: 6 as const } : {}),
  };
}

function sampleOf(flags: FlagValues): SampleWanted | undefined {
  const sample = count(flags, "sample", MOST.sample, SAMPLE_PORTS_MIN);
  if (flags.full !== true) return sample;
  if (sample !== undefined) throw new ConfigError("--sample beside --full", "a sample, or all ports");
  return "all";
}

/** How ranges are swept. */
export function engineOf(flags: FlagValues): Engine {
  const word = text(flags, "engine");
  return ENGINES.find((engine) => engine === word) ?? "auto";
}

/** The values of a repeatable flag. */
export function list(flags: FlagValues, name: string): readonly string[] {
  const value = flags[name];
  if (value === undefined) return [];
  const words = (Array.isArray(value) ? value : [value]).map(String);
  if (words.includes("")) throw new ConfigError(`--${name} has no value`, name === "host" ? HOST_MEANT : undefined);
  return words;
}

/** Where the report goes: what `--output` says, else a table. A plug-in has its line on standard output unless that is taken. */
export function outputsOf(flags: FlagValues): readonly string[] {
  const words = list(flags, "output");
  if (isPlugin(flags)) return words.every((word) => word.includes("=")) ? ["nagios", ...words] : words;
  return words.length > 0 ? words : ["table"];
}

/** Whether the exit code is that of a monitoring plug-in. */
export function isPlugin(flags: FlagValues): boolean {
  return flags["exit-style"] === "nagios";
}

export function text(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (value === "") throw new ConfigError(`--${name} needs a value`);
  return String(value);
}

function hostsOf(flags: FlagValues): readonly string[] {
  const hosts = list(flags, "host");
  if (hosts.length === 0) throw new ConfigError("--host is missing", HOST_MEANT);
  return hosts;
}

function count(flags: FlagValues, name: string, most: number, least = 1): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ConfigError(`--${name} is not a whole number from ${least} to ${most}`);
}

function rateOf(word: string | undefined): number {
  if (word === undefined) return DEFAULT_RATE_PER_S;
  if (word === "max") return MOST.ratePerS;
  const rate = Number(word);
  if (Number.isInteger(rate) && rate >= 1 && rate <= MOST.ratePerS) return rate;
  throw new ConfigError(`--rate ${word} is not a rate`, `give flows a second, 1 to ${MOST.ratePerS}, or max`);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** `500ms`, `5s`, `2m`; at most an hour. Throws ConfigError. */
export function durationMs(word: string, flag: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(word);
  const ms = parts === null ? Number.NaN : Number(parts[1]) * UNIT_MS[parts[2]!]!;
  if (ms === 0) throw new ConfigError(`${flag} ${word} must be longer than 0`);
  if (ms >= 1 && ms <= MOST.timeoutMs) return ms;
  throw new ConfigError(`${flag} ${word} is not a duration`, "write it with its unit: 800ms, 5s or 2m");
}
