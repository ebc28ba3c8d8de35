/** What the page calls things: outcomes as words, and ICMP errors by their names. */
import type { Outcome } from "../model/words.ts";
import type { Offender, ResultEntry } from "../report/document.ts";

/** Colour and pattern repeat these words, they never stand for them. */
export const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "PASS",
  fail: "FAIL",
  inconclusive: "INCONCLUSIVE",
  error: "ERROR",
  skipped: "SKIPPED",
  planned: "PLANNED",
};

/** What asks for a look first. */
export const BY_URGENCY: readonly Outcome[] = ["fail", "error", "inconclusive", "pass", "skipped", "planned"];

/** Whether somebody should look at it. */
export function isBad(outcome: Outcome): boolean {
  return outcome === "fail" || outcome === "error" || outcome === "inconclusive";
}

/** `tcp/88`. */
export function endpointText({ transport, ports }: Pick<ResultEntry, "transport" | "ports">): string {
  return `${transport}/${ports}`;
}

/** Codes of destination unreachable: ICMP type 3 (RFC 792, RFC 1812) and ICMPv6 type 1 (RFC 4443). */
const ICMP: readonly string[] = [
  "network unreachable",
  "host unreachable",
  "protocol unreachable",
  "port unreachable",
  "fragmentation needed",
  "source route failed",
  "destination network unknown",
  "destination host unknown",
  "source host isolated",
  "network administratively prohibited",
  "host administratively prohibited",
  "network unreachable for type of service",
  "host unreachable for type of service",
  "communication administratively prohibited",
  "host precedence violation",
  "precedence cutoff in effect",
];
const ICMP_V6: readonly string[] = [
  "no route to destination",
  "communication administratively prohibited",
  "beyond scope of source address",
  "address unreachable",
  "port unreachable",
  "source address failed ingress or egress policy",
  "reject route to destination",
];

/** `ICMP type 3 code 13, communication administratively prohibited`. */
export function icmpText({ address, icmpType, icmpCode }: Offender): string {
  const v6 = address.includes(":");
  const names = v6 ? ICMP_V6 : ICMP;
  const name = icmpType === (v6 ? 1 : 3) ? names[icmpCode] : undefined;
  return `ICMP${v6 ? "v6" : ""} type ${icmpType} code ${icmpCode}${name === undefined ? "" : `, ${name}`}`;
}

/** Who an ICMP error came from, as far as its address tells. */
export function senderText(sender: string, asked: string | null): string {
  return sender === asked ? "the address that was asked" : "not the address that was asked";
}

/** `filtered: admin-prohibited by 10.10.4.1`; undefined for what was never asked. */
export function verdictText({ state, reason, offender, address, serviceState }: ResultEntry): string | undefined {
  if (state === null) return undefined;
  const service = state === "open" && serviceState !== null && serviceState !== "unchecked" ? `, ${serviceState}` : "";
  const sender = offender === undefined || offender.address === address ? "" : ` by ${offender.address}`;
  return `${state}${service}${reason === null ? "" : `: ${reason}${sender}`}`;
}

/** Why a result moves no exit code; undefined where it does. */
export function uncountedText({ required, group, canary, via }: ResultEntry): string | undefined {
  if (required) return undefined;
  if (canary === true) return "canary: shows whether the network lies";
  if (group !== undefined) return `one of the group ${group} is enough`;
  return via === undefined ? "not required" : "announced by another row, not required";
}
