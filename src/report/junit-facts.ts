/** What a test case's properties say: how the result came about, then the facts that were read. */
import type { Offender, ResultEntry } from "./document.ts";
import { shortPorts } from "./text-layout.ts";

/** A build server shows a page; the JSON report has all of them. */
const OFFENDERS_SHOWN = 8;

/** A name, which may come more than once, and its value; undefined for what is not known. */
export type Fact = readonly [name: string, value: string | number | boolean | undefined];

export function junitFacts(result: ResultEntry): readonly Fact[] {
  const { offender, seed } = result;
  return [
    ["service", result.service],
    ["port", `${result.transport}/${result.ports}`],
    ["outcome", result.outcome],
    ["detail", result.detail],
    ["required", result.required],
    ["expect", result.expect],
    ["state", result.state ?? undefined],
    ["reason", result.reason ?? undefined],
    ["serviceState", result.serviceState ?? undefined],
    ["offender", offender && `${offender.address} ICMP type ${offender.icmpType} code ${offender.icmpCode}`],
    ["source", result.source ?? undefined],
    ["attempts", result.attempts],
    ["firstTry", result.firstTry],
    ["rttMs", result.rttMs],
    ["timeoutMs", result.timeoutMs],
    ["document", seed && `${seed.document} line ${seed.line}`],
    ...Object.entries(result.range?.ports ?? {}).map(
      ([state, ports]) => [`range.${state}`, shortPorts(ports)] as const,
    ),
    ["lost", result.lost],
    ...Object.entries(result.range?.lost ?? {}).map(
      ([way, ports]) => [`range.lost.${way}`, shortPorts(ports)] as const,
    ),
    ["seenAs", result.seenAs],
    ...(result.range?.offenders ?? [])
      .slice(0, OFFENDERS_SHOWN)
      .map((each) => ["range.offender", senderText(each)] as const),
    ["range.confidence", result.range?.confidence],
    ...result.warnings.map((warning) => ["warning", warning] as const),
    ...Object.entries(result.evidence).map(
      ([name, value]) => [`evidence.${name}`, Array.isArray(value) ? value.join(", ") : `${value}`] as const,
    ),
  ];
}

function senderText({ address, icmpType, icmpCode, ports }: Offender & { readonly ports: string }): string {
  return `${address} ICMP type ${icmpType} code ${icmpCode}: ${shortPorts(ports)}`;
}
