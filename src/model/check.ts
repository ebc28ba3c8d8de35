/**
 * What is asked: plain data. A plan is printed, sent to a worker and kept in history, so nothing here has behaviour.
 */
import type { Evidence } from "./evidence.ts";
import type { FarEndTold } from "./far-end.ts";
import type { PortSpan } from "./ports.ts";
import type { Direction, Expectation, Silence, Transport } from "./words.ts";

/** How TLS is spoken: `serverName` goes into SNI and is the name that the certificate is held against. */
export interface Tls {
  readonly serverName: string;
  /** What is wrong with the certificate, or that there was no TLS, fails the check instead of warning. */
  readonly strict: boolean;
  /** Name of a secret (World.secret), never the material itself. */
  readonly clientCertificate?: string;
  /** Set by a prober, not by rows: offers TLS 1.0 and 1.1 too, and the ciphers and keys of their time. */
  readonly old?: true;
  /** Set by a prober: the protocols to choose from (RFC 7301), for instance `http/1.1`. */
  readonly applicationProtocols?: readonly string[];
}

/** What the profile says of the row a check comes from. */
export interface Row {
  readonly profile: string;
  readonly service: string;
  /** The roles that ask it, where they are not the profile's. */
  readonly from?: readonly string[];
  /** What is doubtful about the row before anything is sent. */
  readonly warnings?: readonly string[];
  /** Any-of group: it passes when one member passes. */
  readonly group?: string;
  /** As the profile says; settle decides what counts. */
  readonly required: boolean;
  /** A media row could disturb a live call, and is asked only on request. */
  readonly media?: boolean;
  /** Required where a far end proves its ports, because what keeps it optional is that silence says nothing. */
  readonly requiredIfProven?: true;
  readonly note?: string;
  /** The vendor document and line that state this row. */
  readonly seed?: { readonly document: string; readonly line: number };
}

/** Why a check is not sent. A `deliberate` skip moves nothing; any other counts as inconclusive. */
export interface Skip {
  readonly why: string;
  readonly deliberate: boolean;
  /** It could disturb somebody's traffic; ports that a far end holds are nobody else's. */
  readonly unlessProven?: true;
}

/** One row, one transport, one address. */
export interface Check {
  /** `<service-slug>/<transport>/<ports as written>`: stable across runs and releases, unique in its profile. */
  readonly id: string;
  readonly row: Row;
  /** As asked: a name or an address. */
  readonly host: string;
  /** As resolved; absent in a plan that names a host, and where the name has no address. */
  readonly address?: string;
  /** Further addresses of the target: an ICMP error from one of them is the target's own word. */
  readonly addresses?: readonly string[];
  /** The source address asked for. */
  readonly source?: string;
  /** The source port asked for, for rules that match it. */
  readonly sourcePort?: number;
  readonly transport: Transport;
  readonly ports: readonly PortSpan[];
  /** As the profile writes them: `88` or `5000-5020`. */
  readonly portsText: string;
  readonly direction: Direction;
  readonly tls?: Tls;
  readonly prober: string;
  /** Already checked against the prober's `params`. */
  readonly params: Evidence;
  readonly expect: Expectation;
  readonly silence: Silence;
  /** `canary`: a port tried only to see whether the network lies. `lead`: announced by another check's reply. */
  readonly purpose: "row" | "canary" | "lead";
  /** The id of the check whose lead this is. */
  readonly via?: string;
  readonly skip?: Skip;
  /** What the far end at the address told of it, where one was named. */
  readonly farEnd?: FarEndTold;
  /** Another check of the plan and host that asks the same question: asked once, and shown under each. */
  readonly sameAs?: SameAs;
}

export interface SameAs {
  readonly profile: string;
  readonly check: string;
}

export interface PlannedProfile {
  readonly id: string;
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly caution?: string;
}

/** All checks of a run. A host that is a name stands once here and once per address in the run. */
export interface Plan {
  readonly profiles: readonly PlannedProfile[];
  readonly checks: readonly Check[];
}
