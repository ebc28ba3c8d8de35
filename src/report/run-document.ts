/** RunReport -> the report document, and one CheckResult -> its entry, as a stream wants it. */
import type { Plan } from "../model/check.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Icmp, TlsSeen } from "../model/observation.ts";
import { formatPorts } from "../model/ports.ts";
import type { CheckResult, RangeSeen, RunReport, Tally } from "../model/result.ts";
import { LOST_WAYS, type State } from "../model/words.ts";
import { askedEntry, profileEntries } from "./asked.ts";
import type { Counts, Offender, RangeEntry, ReportDocument, ResultEntry, Tool } from "./document.ts";
import { SCHEMA_VERSION } from "./document.ts";
import { exitCause } from "./exit-cause.ts";
import { inPlanOrder } from "./result-order.ts";
import { streamEvidence } from "./stream-evidence.ts";
import { firstTryDecided, rttMs } from "./timing.ts";

/** The whole run as a document. `entryOf` gives what was made of a result before, where somebody did. */
export function runDocument(
  report: RunReport,
  tool: Tool,
  entryOf = (result: CheckResult) => resultEntry(result, report.plan),
): ReportDocument {
  const { plan, summary, optional, exitCode } = report;
  const results = inPlanOrder(report.results, plan);
  return {
    schemaVersion: SCHEMA_VERSION,
    tool,
    startedAt: new Date(report.startedAtMs).toISOString(),
    durationMs: Math.round(report.durationMs),
    source: report.source,
    profiles: profileEntries(plan),
    findings: report.findings.map(({ check, host, text }) => ({ check, host, text })),
    summary: { ...countsOf(summary), optional: countsOf(optional), exitCode, cause: exitCause({ ...report, results }) },
    results: results.map(entryOf),
  };
}

/** The five counts of a run. */
function countsOf({ pass, fail, inconclusive, skipped, error }: Tally): Counts {
  return { pass, fail, inconclusive, skipped, error };
}

/**
 * One result as the document has it. The plan names the role of the target. It is assigned to and not spread: V8 gives an
 * object that begins with a spread a shape of its own, which takes more memory than the result, and an agent holds 30,000.
 */
export function resultEntry(result: CheckResult, plan: Plan): ResultEntry {
  const { verdict, skipped, range } = result;
  const rtt = rttMs(result);
  return Object.assign(askedEntry(result, plan), {
    state: verdict?.state ?? null,
    reason: verdict?.reason ?? (skipped?.notDue === true ? "not-due" : null),
    serviceState: verdict?.service ?? null,
    outcome: result.outcome,
    ...(verdict?.lost !== undefined && range === undefined && { lost: verdict.lost }),
    ...(verdict?.offender && { offender: offenderOf(verdict.offender) }),
    errorQueue: result.errorQueue,
    detail: result.detail,
    evidence: evidenceOf(result),
    warnings: result.warnings,
    attempts: result.attempts,
    firstTry: firstTryDecided(result),
    ...(rtt !== undefined && { rttMs: rtt }),
    durationMs: Math.round(result.durationMs),
    timeoutMs: Math.round(result.timeoutMs),
    ...(range && { range: rangeEntry(range) }),
  });
}

function offenderOf(icmp: Icmp): Offender {
  return { address: icmp.from, icmpType: icmp.type, icmpCode: icmp.code };
}

/** The facts that were read; where another protocol answered or nothing was understood, also the bytes themselves. */
function evidenceOf({ check, reading, observations }: CheckResult): Evidence {
  const understood = reading !== undefined && reading.service !== "mismatch";
  const bytes = understood ? undefined : observations.findLast((seen) => seen.firstBytes?.length)?.firstBytes;
  const tls = observations.findLast((seen) => seen.tls !== undefined)?.tls;
  return {
    ...(tls !== undefined && tlsEvidence(tls)),
    ...reading?.evidence,
    ...streamEvidence(check.farEnd?.media),
    ...(bytes !== undefined && { firstBytes: Buffer.from(bytes).toString("hex") }),
  };
}

/** Handshake and the peer's own certificate, flat: `tlsVersion`, `certificateSubject` and so on. */
function tlsEvidence(seen: TlsSeen): Evidence {
  const {
    version,
    cipher,
    applicationProtocol,
    ocspStapled,
    alert,
    verifyError,
    serverName,
    nameMatches,
    matchedName,
    chain,
  } = seen;
  const leaf = Object.entries(chain[0] ?? {});
  return {
    ...(version !== undefined && { tlsVersion: version }),
    ...(cipher !== undefined && { tlsCipher: cipher }),
    ...(applicationProtocol !== undefined && { tlsApplicationProtocol: applicationProtocol }),
    ...(ocspStapled === true && { tlsOcspStapled: true }),
    ...(alert !== undefined && { tlsAlert: alert }),
    ...(verifyError !== undefined && { tlsVerifyError: verifyError }),
    ...(serverName !== undefined && { tlsServerName: serverName }),
    ...(nameMatches !== undefined && { tlsNameMatches: nameMatches }),
    ...(matchedName !== undefined && { tlsMatchedName: matchedName }),
    ...Object.fromEntries(leaf.map(([name, value]) => [`certificate${name[0]!.toUpperCase()}${name.slice(1)}`, value])),
  };
}

function rangeEntry({ total, tested, groups, confidence }: RangeSeen): RangeEntry {
  const portsIn = (state: State) => {
    const alike = groups.filter((group) => group.state === state);
    // Ports by the ten thousand: concat copies them in one go, flatMap one by one.
    return alike.reduce<readonly number[]>((ports, group) => ports.concat(group.ports), []);
  };
  const open = portsIn("open");
  const closed = portsIn("closed");
  const filtered = portsIn("filtered");
  const openFiltered = portsIn("open|filtered");
  const offenders = offendersOf(groups);
  const lost = LOST_WAYS.flatMap((way) => {
    const alike = groups.filter((group) => group.lost === way);
    const ports = alike.reduce<readonly number[]>((sum, group) => sum.concat(group.ports), []);
    return ports.length === 0 ? [] : [[way, formatPorts(ports)] as const];
  });
  return {
    total,
    tested,
    open: open.length,
    closed: closed.length,
    filtered: filtered.length,
    openFiltered: openFiltered.length,
    unknown: portsIn("unknown").length,
    ports: {
      ...(open.length > 0 && { open: formatPorts(open) }),
      ...(closed.length > 0 && { closed: formatPorts(closed) }),
      ...(filtered.length > 0 && { filtered: formatPorts(filtered) }),
      ...(openFiltered.length > 0 && { openFiltered: formatPorts(openFiltered) }),
    },
    ...(lost.length > 0 && { lost: Object.fromEntries(lost) }),
    ...(offenders.length > 0 && { offenders }),
    ...(confidence !== undefined && { confidence }),
  };
}

/** Each sender of an ICMP error with the ports that it answered for, in the order in which they were met. */
function offendersOf(groups: RangeSeen["groups"]): readonly (Offender & { readonly ports: string })[] {
  const met = new Map<string, { readonly icmp: Icmp; readonly ports: readonly number[] }>();
  for (const { offender: icmp, ports } of groups) {
    if (icmp === undefined) continue;
    const key = `${icmp.from} ${icmp.type} ${icmp.code}`;
    met.set(key, { icmp, ports: (met.get(key)?.ports ?? []).concat(ports) });
  }
  return [...met.values()].map(({ icmp, ports }) => ({ ...offenderOf(icmp), ports: formatPorts(ports) }));
}
