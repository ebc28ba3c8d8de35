/**
 * A profile after validation: plain data that survives JSON, so that shipped profiles are packed at build time and a
 * run of one loads no YAML parser. Everything that a prober's head decides (silence, whether it takes a range) is
 * settled here already: the expansion needs no prober.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Expectation, Silence } from "../model/words.ts";

/** One traffic vector: what a machine in the role `from` must reach on one in the role `to`. */
export interface Profile {
  /** The YAML file, as it was named to us; for messages. */
  readonly file: string;
  readonly id: string;
  readonly title: string;
  readonly product: string;
  readonly from: string;
  readonly to: string;
  readonly aliases: readonly string[];
  /** Advice of the vendor that no probe can check; printed with every result. */
  readonly caution?: string;
  /** What is odd about the vendor's rows, and how it is read here. */
  readonly oddities: readonly string[];
  /** Both ends must reach each other: run it from the other one too. */
  readonly symmetric: boolean;
  /** The vendor document that the rows are taken from. */
  readonly source?: ProfileSource;
  readonly variables: Readonly<Record<string, Variable>>;
  readonly switches: Readonly<Record<string, Switch>>;
  readonly rows: readonly ProfileRow[];
}

export interface ProfileSource {
  readonly document: string;
  readonly section?: string;
}

/** What differs from site to site; `$name` in a row, `--set name=value` on the command line. */
export type Variable = PortsVariable | TextVariable;

/** A choice that rows depend on; `--with NAME`, `--without NAME`. */
export interface Switch {
  /** Without one, the rows on both its sides are asked until somebody decides. */
  readonly default?: boolean;
  readonly about: string;
}

/** Stands in `ports`. */
export interface PortsVariable {
  readonly type: "ports";
  /** Ports without a transport: `5000-5020`. Without one the row is not tested until a value is set. */
  readonly default?: string;
  readonly about: string;
  /** A value of fewer ports is warned of. */
  readonly atLeast?: number;
  /** A value that shares a port with that variable's is warned of. */
  readonly apartFrom?: string;
}

/** Stands for the value of a parameter, or is what conditions are about. */
export interface TextVariable {
  readonly type: "text";
  /** Without one the parameter is left out until a value is set, and the prober chooses for itself. */
  readonly default?: string;
  readonly about: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
  /** The most characters that every parameter takes in which it stands. */
  readonly maxLength: number;
}

export interface ProfileRow {
  /** The line of the YAML file that it begins on. */
  readonly at: number;
  readonly service: string;
  /** The roles that ask, where they differ from the profile's. */
  readonly from?: readonly string[];
  /** Whether the vendor's document says so; `assumed`: it leaves the transport open; `lookup`: found elsewhere. */
  readonly stated: Stated;
  /** Conditions that must all hold, or the row is skipped; conditions.ts reads them. */
  readonly when: readonly string[];
  /** As written, `tcp/88` or `udp/$dcom-range`; each becomes one check. */
  readonly ports: readonly string[];
  readonly prober: string;
  /** The prober takes many ports at once; any other asks exactly one. */
  readonly sweeps: boolean;
  readonly expect: Expectation;
  readonly silence: Silence;
  readonly required: boolean;
  readonly group?: string;
  readonly media: boolean;
  /** `$name` is the value of a text variable. */
  readonly params: Evidence;
  /** Also where a parameter makes the prober begin TLS. */
  readonly tls?: TlsWish;
  readonly sourcePort?: number;
  /** The line of the source document that states this row. */
  readonly line?: number;
  /** Further places that state it. */
  readonly cites?: readonly Citation[];
  readonly note?: string;
  /** When the row applies, in words. */
  readonly condition?: string;
}

export interface Citation {
  readonly document: string;
  readonly line: number;
}

export const STATED = ["yes", "assumed", "lookup"] as const;
export type Stated = (typeof STATED)[number];

/** TLS as a row asks for it; the name of the certificate is the host unless the row says otherwise. */
export interface TlsWish {
  readonly serverName?: string;
  readonly strict: boolean;
  readonly clientCertificate?: string;
}
