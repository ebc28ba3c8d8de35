/** What a responder proved, could not prove, or why there was none: in words that a firewall owner accepts. */
import type { Check } from "../model/check.ts";
import type { NoFarEnd, Unproven } from "../model/far-end.ts";
import type { PortGroup } from "../model/observation.ts";
import { formatCount, formatPorts } from "../model/ports.ts";
import type { CheckSeen, Finding, Verdict } from "../model/result.ts";
import type { Expectation } from "../model/words.ts";

/** The detail of a port that the responder held; `rejected` says who refused it. Undefined where it held none. */
export function detailOfProof(verdict: Verdict, check: Check, rejected: () => string): string | undefined {
  const { reason, lost } = verdict;
  const { expect, farEnd, direction } = check;
  if (direction === "in") return detailOfArrival(verdict, check, rejected);
  if (reason === "responder-receipt") return `the way is free: the responder answered on this port${absence(expect)}`;
  if (reason === "responder-lost") return `not decided: the responder was lost before${because(farEnd?.lost)}`;
  if (lost === "reply") return "filtered: arrived, the reply was lost: look at the return path";
  if (lost === undefined) return undefined;
  if (verdict.intercepted === true) return INTERCEPTED[check.transport];
  if (reason === "no-response") return HELD;
  return `${rejected()}, though the responder listens on this port: a firewall there or on the way rejects`;
}

const HELD = "filtered: the responder listens on this port, and nothing arrived there";

/** An accept or an answer that is not the far end's proves nothing of the way to it. */
const INTERCEPTED = {
  tcp: `${HELD}, though a connection stood: something on the way accepts it in its place, or drops what it carries`,
  udp: `${HELD}, though something came back: something on the way answers in its place`,
} as const;

/** The far end sent to a port of ours. */
function detailOfArrival({ reason, lost }: Verdict, { farEnd }: Check, rejected: () => string): string {
  if (reason === "responder-receipt") return "the way is free: the responder reached this port here";
  if (reason === "responder-lost") return `not decided: the responder was lost before${because(farEnd?.lost)}`;
  if (reason === "local-egress-blocked") return "not sent: the responder's own firewall or routes let nothing out";
  if (lost === "reply") return "filtered: arrived here, our reply was lost: look at the way to the responder";
  if (reason === "no-response") return "filtered: the responder sent, and nothing arrived here";
  return `${rejected()}, though we listen on this port: a firewall here or on the way rejects`;
}

/** Why a port of ours was not asked. */
export function whyNothingCame({ farEnd }: Check): string {
  const { none, local, seenAs, unproven = {} } = farEnd ?? {};
  if (farEnd === undefined) return "not asked: no responder is named that could send";
  if (none !== undefined) return `not asked: the responder that should send ${FAILURES[none.failure]}`;
  if (seenAs === undefined) return "not asked: without a control channel the responder cannot be told to send";
  if (local !== seenAs) return `not asked: behind NAT (${local} is ${seenAs} there) the responder cannot send to us`;
  const [hindrance] = Object.keys(unproven) as Unproven[];
  return `not asked: ${hindrance === undefined ? "the responder was lost" : HINDRANCES_HERE[hindrance]}`;
}

function absence(expect: Expectation): string {
  return expect === "service" || expect === "accept" ? "; the service itself is not there yet" : "";
}

function because(why: string | undefined): string {
  return why === undefined ? "" : ` (${why})`;
}

/** What a range's detail adds: which way the exchange was lost, and how often. */
export function proofHint({ check, range }: CheckSeen): string {
  const groups = range?.groups ?? [];
  const count = (fits: (group: PortGroup) => boolean) => {
    const ports = groups.filter(fits).reduce((sum, group) => sum + group.ports.length, 0);
    return ports === 0 ? "" : formatCount(ports);
  };
  const answered = count(({ reason }) => reason === "responder-receipt");
  const silent = count(({ lost, reason }) => lost === "request" && reason === "no-response");
  const taken = count(({ intercepted }) => intercepted === true);
  const rejected = count(({ lost, reason }) => lost === "request" && reason !== "no-response");
  const replies = count(({ lost }) => lost === "reply");
  const undecided = count(({ reason }) => reason === "responder-lost");
  if (check.direction === "in") return arrivalHint({ answered, silent, rejected, replies, undecided }, check);
  const inUse = check.farEnd?.unproven?.["in-use"] ?? [];
  return [
    answered && `; the responder answered on ${answered}`,
    silent && `; ${silent} never arrived at the responder`,
    taken && `; of these ${taken} were answered or accepted by something on the way, or what they carry is dropped`,
    rejected && `; ${rejected} rejected by a firewall, though the responder listens there`,
    replies && `; ${replies} arrived and the reply was lost: look at the return path`,
    undecided && `; the responder was lost before ${undecided} were decided${because(check.farEnd?.lost)}`,
    inUse.length > 0 && `; in use by a service there: ${formatPorts(inUse)}`,
  ]
    .filter(Boolean)
    .join("");
}

function arrivalHint(
  counts: Readonly<Record<"answered" | "silent" | "rejected" | "replies" | "undecided", string>>,
  { farEnd }: Check,
): string {
  const { answered, silent, rejected, replies, undecided } = counts;
  return [
    answered && `; the responder reached ${answered} here`,
    silent && `; to ${silent} it sent and nothing arrived here`,
    rejected && `; ${rejected} rejected by a firewall, though we listen there`,
    replies && `; ${replies} arrived here and our reply was lost: look at the way to the responder`,
    undecided && `; the responder was lost before ${undecided} were decided${because(farEnd?.lost)}`,
  ]
    .filter(Boolean)
    .join("");
}

/** `in use by a service there`, for a single port that had to be asked by its own protocol. */
export function inUseHint({ farEnd, ports, direction }: Check): string {
  if (direction === "in") return "";
  const inUse = farEnd?.unproven?.["in-use"] ?? [];
  return inUse.length > 0 && ports.length > 0 ? "; in use by a service there" : "";
}

const MIRRORED =
  "every port that it could be asked from mirrors a flow by which it reached us, and a stateful firewall lets that pass";

/** Why a port of the far end is asked by nobody. */
export const WHY_MIRRORED = `not asked: ${MIRRORED}`;

const HINDRANCES: Readonly<Record<Exclude<Unproven, "in-use">, string>> = {
  busy: "another prober's session holds it now",
  "not-listed": "it was not started for that",
  "not-permitted": "below 1024 it needs CAP_NET_BIND_SERVICE",
  "no-resources": "nothing was left to bind it or to ask it with",
  mirrored: MIRRORED,
  elsewhere:
    "it was reached from another address than the control channel's (NAT with several, or several ways out): " +
    "--data-source on both sides names their block",
  silent: "no reply came, and without a control channel nobody can say what arrived or which ports a service holds",
  "own-port": "the row is asked from an own port, and tokens are not",
};

/** The same of our own ports, to which it was to send. */
const HINDRANCES_HERE: Readonly<Record<Unproven, string>> = {
  ...HINDRANCES,
  "in-use": "another program of this machine holds it",
  "not-permitted": "below 1024 this machine needs CAP_NET_BIND_SERVICE to listen",
  "not-listed": "the responder was not started for it",
  "no-resources": "nothing was left to listen or to send with",
  mirrored:
    "every port that the responder could send from may mirror an earlier flow, and a stateful firewall lets that pass" +
    " (for five minutes after its start it counts all that it was started for as asked)",
};

/** What the responder could not prove and why, and that the way has address translation. */
export function farEndWarnings({ check: { farEnd, direction }, skipped }: CheckSeen): readonly string[] {
  const { seenAs, local, unproven = {} } = farEnd ?? {};
  const words = direction === "in" ? (skipped === undefined ? HINDRANCES_HERE : {}) : HINDRANCES;
  const hindered = Object.entries(words).flatMap(([hindrance, why]) => {
    const ports = unproven[hindrance as Unproven] ?? [];
    return ports.length === 0 ? [] : [`the responder did not prove ${formatPorts(ports)}: ${why}`];
  });
  const translated = seenAs !== undefined && local !== undefined && seenAs !== local;
  const nat = `our address ${local} is ${seenAs} to the responder: addresses are translated on the way (NAT)`;
  return [...hindered, ...(translated ? [nat] : [])];
}

const WITHOUT = "the run went on without it, and what only it can decide stays undecided";

const FAILURES: Readonly<Record<NoFarEnd["failure"], string>> = {
  unreachable: "was not reached",
  "not-authenticated": "shares no key or authority with us, or is no responder",
  refused: "let us in and refused the session",
  lost: "ended the connection before the session began",
};

/** One sentence for each address whose responder did not serve us, or not to the end. */
export function farEndFindings(seen: readonly CheckSeen[]): readonly Finding[] {
  const addresses = new Map<string, Check>();
  for (const { check } of seen) {
    const key = JSON.stringify([check.host, check.address]);
    if (check.farEnd !== undefined && !addresses.has(key)) addresses.set(key, check);
  }
  return [...addresses.values()].flatMap(({ id, host, address, farEnd }) => {
    const { none, lost } = farEnd ?? {};
    const which = `the responder at ${address}`;
    const failed = none && `${which} ${FAILURES[none.failure]} (${none.detail}): ${WITHOUT}`;
    const text =
      failed ?? (lost && `${which} was lost in the middle (${lost}): ports that it had not proven are unknown`);
    return text === undefined ? [] : [{ check: id, host, text }];
  });
}
