/** What streams to the ports of a row showed, as flat facts: `streamLossOutPercent` and so on. */
import type { Evidence, EvidenceValue } from "../model/evidence.ts";
import type { MediaSeen, MediaWay } from "../model/media-stream.ts";

/** Loss, jitter and times are rounded to hundredths. Where a side cannot see the DSCP of what arrives, it says so. */
export function streamEvidence(media: MediaSeen | undefined): Evidence {
  if (media === undefined || media.ports.length === 0) return {};
  const { ports, out, back, roundTripMs } = media;
  return defined({
    streamPorts: ports,
    ...wayEvidence(out, "Out", "there"),
    ...wayEvidence(back, "Back", "here"),
    streamRoundTripMs: rounded(roundTripMs),
    streamDelayEstimateMs: rounded(roundTripMs === undefined ? undefined : roundTripMs / 2),
  });
}

function wayEvidence(way: MediaWay, name: "Out" | "Back", receiver: "there" | "here") {
  const { sent, lossPercent, jitterMs, reordered, duplicates, dscpSent, dscpSeen, received } = way;
  const seen = received === 0 ? undefined : (dscpSeen?.map(({ dscp }) => dscp) ?? `not visible ${receiver}`);
  return {
    [`streamPackets${name}`]: sent,
    [`streamLoss${name}Percent`]: rounded(lossPercent),
    [`streamJitter${name}Ms`]: rounded(jitterMs),
    [`streamReordered${name}`]: reordered,
    [`streamDuplicates${name}`]: duplicates,
    [`dscpSent${name}`]: dscpSent ?? `not set ${receiver === "there" ? "here" : "there"}`,
    [`dscpSeen${name}`]: seen,
    [`dscpSeen${name}Packets`]: dscpSeen?.map(({ packets }) => packets),
  };
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}

function defined(facts: Readonly<Record<string, EvidenceValue | undefined>>): Evidence {
  return Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, EvidenceValue] => entry[1] !== undefined),
  );
}
