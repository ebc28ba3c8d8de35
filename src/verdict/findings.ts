/**
 * What several results say together: the same service answers over the other transport, the endpoint mapper names the
 * services behind open ports, or announces ports that the profile does not list. Sentences only; no outcome changes.
 */
import type { Check } from "../model/check.ts";
import { countPorts, holdsPort } from "../model/ports.ts";
import type { Lead } from "../model/prober.ts";
import type { CheckResult, CheckSeen, Finding } from "../model/result.ts";
import { withDoubt } from "./detail.ts";
import { detailOfRange } from "./range-words.ts";

/**
 * The results with details that refer to each other: a row that was not heard with a hint where the same service passes
 * over the other transport, and a TCP range with the services that are announced behind its ports.
 */
export function withCrossReferences(results: readonly CheckResult[]): readonly CheckResult[] {
  const names = announcedNames(results);
  const hinted = withHints(results);
  return hinted.map((result) => {
    const { check, range } = result;
    const here = names.get(addressKey(check));
    if (here === undefined || range === undefined || check.transport !== "tcp") return result;
    return { ...result, detail: withDoubt(detailOfRange(result, here), result, result.outcome) };
  });
}

/** One target address of one host as asked: what its results share. */
export function addressKey({ host, address }: Check): string {
  return JSON.stringify([host, address]);
}

/** By address and TCP port what is announced there. A service that did not answer there itself is `announced`. */
function announcedNames(results: readonly CheckResult[]): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const followed = leadsIn(results);
  const names = new Map<string, Map<number, string>>();
  for (const one of results) {
    for (const [port, leads] of tcpPortsOf(one)) {
      const answering = leads.filter((lead) => isAnswer(followed.get(followKey(one.check, lead))));
      const text = namesText((answering.length > 0 ? answering : leads).map(({ service }) => service));
      const key = addressKey(one.check);
      const here = names.get(key) ?? new Map<number, string>();
      names.set(key, here.set(port, answering.length > 0 ? text : `${text} announced`));
    }
  }
  return names;
}

/** The leads of a reply by TCP port, in the order of the ports. */
function tcpPortsOf({ check, reading }: CheckSeen): ReadonlyMap<number, readonly Lead[]> {
  const ports = new Map<number, Lead[]>();
  if (check.purpose !== "row") return ports;
  for (const lead of reading?.leads ?? []) {
    if (lead.transport === "tcp") ports.set(lead.port, [...(ports.get(lead.port) ?? []), lead]);
  }
  return new Map([...ports].sort(([a], [b]) => a - b));
}

/** What came of each lead that was asked. */
function leadsIn(seen: readonly CheckSeen[]): ReadonlyMap<string, CheckSeen> {
  return new Map(seen.filter(({ check }) => check.via !== undefined).map((one) => [leadKey(one.check), one]));
}

function leadKey({ row, host, address, via, portsText }: Check): string {
  return JSON.stringify([row.profile, host, address, via, portsText, row.service]);
}

function followKey({ row, host, address, id }: Check, { port, service }: Lead): string {
  return JSON.stringify([row.profile, host, address, id, `${port}`, service]);
}

/** The service itself said something. */
function isAnswer(one: CheckSeen | undefined): boolean {
  return one?.verdict?.service === "confirmed" || one?.verdict?.service === "refused";
}

function withHints(results: readonly CheckResult[]): readonly CheckResult[] {
  const answering = new Map(
    results
      .filter((one) => one.check.purpose === "row" && one.outcome === "pass" && isAnswer(one))
      .map(({ check }) => [serviceKey(check, check.transport), check]),
  );
  return results.map((result) => {
    const { check, detail } = result;
    const twin = answering.get(serviceKey(check, check.transport === "tcp" ? "udp" : "tcp"));
    if (twin === undefined || !isUnheard(result)) return result;
    const hint = `${twin.transport}/${twin.portsText} answers: a ${check.transport.toUpperCase()} rule is missing?`;
    return { ...result, detail: `${detail.replace(/ \(open\|filtered\)$/, "")}; ${hint}` };
  });
}

function serviceKey({ row, host, address, portsText }: Check, transport: Check["transport"]): string {
  return JSON.stringify([row.profile, host, address, row.service, portsText, transport]);
}

/** Silence, or an ICMP error on the way. A row whose note explains its silence has said enough. */
function isUnheard({ check, outcome, verdict }: CheckResult): boolean {
  const explained = check.transport === "udp" && !check.row.required && check.row.note !== undefined;
  if (check.purpose !== "row" || explained || (outcome !== "fail" && outcome !== "inconclusive")) return false;
  return verdict?.state === "filtered" || verdict?.state === "open|filtered";
}

/** Announced TCP ports that no TCP row of a profile with a range lists, and whether they answer from here. */
export function announcementFindings(results: readonly CheckResult[]): readonly Finding[] {
  return results.flatMap((mapper) => {
    const { check } = mapper;
    const ports = tcpPortsOf(mapper);
    if (ports.size === 0) return [];
    const rows = results.filter((one) => isTcpRowBeside(one.check, check)).map((one) => one.check);
    const ranges = rows.filter((row) => countPorts(row.ports) > 1).map((row) => row.portsText);
    if (ranges.length === 0) return [];
    const outside = [...ports].filter(([port]) => !rows.some((row) => holdsPort(row.ports, port)));
    const rule =
      ranges.length === 1
        ? `the profile's range ${ranges[0]} does not let through`
        : `the profile's ranges ${listOf(ranges)} do not let through`;
    const who = isOnlyAddress(check, results) ? "the server" : check.address;
    return [...byFate(outside, check, results)].map(([fate, named]) => {
      const text = `${who} announces ${listOf(shortened(named))}, which ${rule}, and ${FATES[fate](named.length)}`;
      return { check: check.id, host: check.host, text };
    });
  });
}

/** The host has no other address in this run. */
function isOnlyAddress(one: Check, results: readonly CheckResult[]): boolean {
  return results.every(({ check }) => check.host !== one.host || isSameAddress(check, one));
}

function isTcpRowBeside(check: Check, mapper: Check): boolean {
  const beside = check.row.profile === mapper.row.profile && isSameAddress(check, mapper);
  return beside && check.purpose === "row" && check.transport === "tcp";
}

function isSameAddress(one: Check, other: Check): boolean {
  return addressKey(one) === addressKey(other);
}

/** What came of an announced port, in words for so many of them. */
const FATES = {
  answers: (ports: number) => (ports === 1 ? "it answers from here" : "they answer from here"),
  silent: (ports: number) => (ports === 1 ? "it does not answer from here" : "they do not answer from here"),
  foreign: () => "another protocol answers there",
  unasked: (ports: number) => (ports === 1 ? "it was not asked" : "they were not asked"),
} as const;

type Fate = keyof typeof FATES;

/** The ports by what came of them, each as `49664 (drsuapi)`. */
function byFate(
  ports: readonly (readonly [number, readonly Lead[]])[],
  mapper: Check,
  results: readonly CheckResult[],
): ReadonlyMap<Fate, readonly string[]> {
  const followed = leadsIn(results);
  const fates = new Map<Fate, string[]>();
  for (const [port, leads] of ports) {
    const fate = fateOf(leads.flatMap((lead) => followed.get(followKey(mapper, lead)) ?? []));
    fates.set(fate, [...(fates.get(fate) ?? []), `${port} (${namesText(leads.map(({ service }) => service))})`]);
  }
  return fates;
}

function fateOf(asked: readonly CheckSeen[]): Fate {
  if (asked.some(isAnswer)) return "answers";
  if (asked.some(({ verdict }) => verdict?.service === "mismatch")) return "foreign";
  const decided = asked.some(({ verdict }) => verdict !== undefined && verdict.state !== "unknown");
  return decided ? "silent" : "unasked";
}

const NAMES_MAX = 2;
const PORTS_MAX = 8;

/** `drsuapi/lsarpc +4`: one port of a domain controller may serve a dozen interfaces. */
function namesText(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const rest = distinct.length - NAMES_MAX;
  return distinct.slice(0, NAMES_MAX).join("/") + (rest > 0 ? ` +${rest}` : "");
}

function shortened(ports: readonly string[]): readonly string[] {
  const rest = ports.length - PORTS_MAX;
  return rest > 0 ? [...ports.slice(0, PORTS_MAX), `${rest} more`] : ports;
}

/** `a`, `a and b`, `a, b and c`. */
function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
