/**
 * The words of the domain, as closed lists. JSON Schema, decision tables and documentation derive from these arrays,
 * so a word exists exactly once. A new reason is an architecture decision (docs/adr/), not an edit.
 */

export const TRANSPORTS = ["tcp", "udp"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `out`: we send to the target. `in`: the far end sends and we listen. */
export const DIRECTIONS = ["out", "in"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** What a row claims about its port; the columns of docs/verdicts.md. */
export const EXPECTATIONS = ["service", "accept", "path", "blocked"] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/** What silence means where the protocol was asked: `fail` only where the protocol must answer what it was asked. */
export const SILENCES = ["fail", "inconclusive"] as const;
export type Silence = (typeof SILENCES)[number];

/** What was learned about the port. `unknown` is our own side; `mixed` is a range whose ports differ. */
export const STATES = ["open", "closed", "filtered", "open|filtered", "unknown", "mixed"] as const;
export type State = (typeof STATES)[number];

/** What was learned about the service behind the port. `silent`: asked, no reply. `unchecked`: never asked. */
export const SERVICE_STATES = ["confirmed", "refused", "mismatch", "silent", "unchecked"] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

/** Why a state was given: the observed fact, never the guess behind it. */
export const REASONS = [
  "syn-ack",
  "protocol-reply",
  "service-refusal",
  "tls-alert",
  "conn-refused",
  "port-unreach",
  "admin-prohibited",
  "host-unreach",
  "net-unreach",
  "unreachable",
  "no-response",
  "rst-after-accept",
  "mismatch",
  "answered-by-intermediary",
  "accept-unreliable",
  "responder-receipt",
  "responder-lost",
  "local-egress-blocked",
  "no-route",
  "name-not-found",
  "no-resources",
  "not-due",
  "unclassified",
] as const;
export type Reason = (typeof REASONS)[number];

/** What did not come through between two ends that both were there: the request, or what was sent back for it. */
export const LOST_WAYS = ["request", "reply"] as const;
export type LostWay = (typeof LOST_WAYS)[number];

export const OUTCOMES = ["pass", "fail", "inconclusive", "skipped", "error", "planned"] as const;
export type Outcome = (typeof OUTCOMES)[number];
