/** What is said before a run that will take long: ranges over UDP of which every port is asked. */
import { ICMP_ERRORS_PER_S } from "../engine/icmp-budget.ts";
import type { Plan } from "../model/check.ts";
import { countPorts, formatCount } from "../model/ports.ts";
import { type SampleWanted, sampleSize } from "../model/sample.ts";
import { durationText } from "../report/text-layout.ts";

/** Shorter ones nobody wonders about. */
const LONG_MS = 120_000;

/**
 * A sentence for each range, whatever the number of hosts: hosts are swept side by side. Those with a far end send no
 * ICMP errors to wait for.
 */
export function longSweepRemarks(
  plan: Plan,
  wanted: SampleWanted | undefined,
  withFarEnd: ReadonlySet<string> = new Set(),
): readonly string[] {
  const remarks = plan.checks.flatMap(({ host, skip, sameAs, transport, ports, portsText, row }) => {
    if (withFarEnd.has(host)) return [];
    const total = countPorts(ports);
    const asked = sampleSize(total, transport, wanted) ?? total;
    const longestMs = (asked / ICMP_ERRORS_PER_S) * 1_000;
    if (skip !== undefined || sameAs !== undefined || transport !== "udp" || longestMs < LONG_MS) return [];
    return [
      `udp/${portsText} ${row.service}: ${formatCount(asked)} ports are asked, at one ICMP error a second up to ` +
        `${durationText(longestMs)}, unless the target answers faster; --sample asks fewer`,
    ];
  });
  return [...new Set(remarks)];
}
