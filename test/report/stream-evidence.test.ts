import { expect, it } from "vitest";
import type { MediaSeen, MediaWay } from "../../src/model/media-stream.ts";
import { streamEvidence } from "../../src/report/stream-evidence.ts";

const OUT: MediaWay = {
  ...{ sent: 150, received: 147, duplicates: 1, reordered: 2, lossPercent: 2, jitterMs: 1.2345, allLost: [] },
  ...{ dscpSent: 46, dscpSeen: [{ dscp: 46, packets: 147 }] },
};
const { dscpSeen: _seen, dscpSent: _sent, ...UNTOLD } = OUT;

it("streams are flat facts, both ways told apart, rounded to hundredths", () => {
  const back: MediaWay = { ...UNTOLD, sent: 147, received: 98, lossPercent: 100 / 3, jitterMs: 0.004 };
  const media: MediaSeen = { ports: [5_000, 5_002], out: OUT, back, roundTripMs: 41.996, without: {} };
  expect(streamEvidence(media)).toEqual({
    streamPorts: [5_000, 5_002],
    ...{ streamPacketsOut: 150, streamLossOutPercent: 2, streamJitterOutMs: 1.23 },
    ...{ streamReorderedOut: 2, streamDuplicatesOut: 1, dscpSentOut: 46, dscpSeenOut: [46], dscpSeenOutPackets: [147] },
    ...{ streamPacketsBack: 147, streamLossBackPercent: 33.33, streamJitterBackMs: 0 },
    ...{ streamReorderedBack: 2, streamDuplicatesBack: 1 },
    ...{ dscpSentBack: "not set there", dscpSeenBack: "not visible here" },
    ...{ streamRoundTripMs: 42, streamDelayEstimateMs: 21 },
  });
});

it("what did not arrive has no facts", () => {
  const nothing: MediaWay = { sent: 50, received: 0, duplicates: 0, reordered: 0, lossPercent: 100, allLost: [5_000] };
  const { lossPercent: _, ...unsent } = { ...nothing, sent: 0 };
  const evidence = streamEvidence({ ports: [5_000], out: nothing, back: unsent, without: {} });
  expect(evidence).toMatchObject({ streamPacketsOut: 50, streamLossOutPercent: 100, streamPacketsBack: 0 });
  const absent = ["streamLossBackPercent", "streamJitterOutMs", "dscpSeenOut", "streamRoundTripMs"];
  expect(absent.filter((key) => key in evidence)).toEqual([]);
});

it("a row without a stream has none", () => {
  expect(streamEvidence(undefined)).toEqual({});
  const nobody: MediaWay = { sent: 0, received: 0, duplicates: 0, reordered: 0, allLost: [] };
  expect(streamEvidence({ ports: [], out: nobody, back: nobody, without: { busy: [5_000] } })).toEqual({});
});
