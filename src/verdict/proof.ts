/**
 * What an exchange of tokens with the far end showed -> verdict. The far end holds the port meanwhile, so nothing is
 * ever `closed`, silence is proven `filtered`, and a refusal is a firewall's.
 */
import type { Check } from "../model/check.ts";
import type { Fate, PortError, Proof } from "../model/far-end.ts";
import type { PortGroup } from "../model/observation.ts";
import type { CheckSeen } from "../model/result.ts";
import type { Reason } from "../model/words.ts";
import { reasonOfErrno, reasonOfIcmp, stateOfReason } from "./state.ts";

type Alike = Omit<PortGroup, "ports">;

/** Who was asked, from where. */
export type Ends = Pick<Check, "transport" | "address"> & { readonly local: string };

/** Ports by what the far end's exchange with them showed; those that were not exchanged with are `left`. */
export function groupsOfProof(
  ends: Ends,
  ports: Iterable<number>,
  { fates, errors, intercepted }: Pick<Proof, "fates" | "errors" | "intercepted">,
): { readonly groups: readonly PortGroup[]; readonly left: readonly number[] } {
  const groups = new Map<string, { readonly alike: Alike; readonly ports: number[] }>();
  const left: number[] = [];
  for (const port of ports) {
    const alike = groupOfFate(ends, fates.get(port), errors.get(port), intercepted?.has(port));
    if (alike === undefined) {
      left.push(port);
      continue;
    }
    const key = JSON.stringify(alike);
    const group = groups.get(key) ?? { alike, ports: [] };
    groups.set(key, group);
    group.ports.push(port);
  }
  return { groups: [...groups.values()].map((group) => ({ ...group.alike, ports: group.ports })), left };
}

/** Something on the way took the request for itself. */
const INTERCEPTED: Alike = { state: "filtered", reason: "no-response", lost: "request", intercepted: true };

/** Undefined for a port that the far end did not hold. */
function groupOfFate(
  ends: Ends,
  fate: Fate | undefined,
  error: PortError | undefined,
  isIntercepted = false,
): Alike | undefined {
  switch (fate) {
    case "open":
      return { state: "open", reason: "responder-receipt" };
    case "request-lost":
      return isIntercepted && error === undefined ? INTERCEPTED : lostRequest(ends, error);
    case "reply-lost":
      return { state: "filtered", reason: "no-response", lost: "reply" };
    case "not-sent":
      return { state: "unknown", reason: ownReason(ends, error) };
    case undefined:
      return { state: "unknown", reason: "responder-lost" };
    default:
      return undefined;
  }
}

/** Nothing arrived. An error that came instead says who rejected it. */
function lostRequest(ends: Ends, error: PortError | undefined): Alike {
  const reason = error === undefined ? "no-response" : rejection(ends, error);
  if (reason === "local-egress-blocked") return { state: "unknown", reason };
  const { icmp } = error ?? {};
  return { state: "filtered", reason, lost: "request", ...(icmp !== undefined && { offender: icmp }) };
}

/** Our own host's errors are our own side's, except that nobody answered ARP or neighbour discovery (rule 3). */
function rejection({ transport, address = "", local }: Ends, { code, icmp }: PortError): Reason {
  if (icmp === undefined) {
    const reason = reasonOfErrno(code, transport, address);
    return stateOfReason(reason, transport, address) === "unknown" ? "no-response" : reason;
  }
  const reason = reasonOfIcmp(icmp);
  const own = icmp.from === local && icmp.from !== address;
  return own && reason !== "host-unreach" ? "local-egress-blocked" : reason;
}

function ownReason({ transport, address = "" }: Ends, error: PortError | undefined): Reason {
  const reason = error && reasonOfErrno(error.code, transport, address, true);
  const ours = reason !== undefined && reason !== "unclassified";
  return ours && stateOfReason(reason, transport, address) === "unknown" ? reason : "local-egress-blocked";
}

/** Whether a far end held ports of the check, or was lost while it did. */
export function isProven({ verdict, range }: CheckSeen): boolean {
  const found = range?.groups ?? (verdict === undefined ? [] : [verdict]);
  return found.some(({ reason, lost }) => lost !== undefined || OF_THE_FAR_END.has(reason));
}

const OF_THE_FAR_END: ReadonlySet<Reason> = new Set(["responder-receipt", "responder-lost"]);
