import { describe, expect, it } from "vitest";
import type { NoStream, StreamSeen, StreamWay } from "../../src/model/media-stream.ts";
import { dscpName, isAllLost, mediaHint, mediaSeen, mediaWarnings } from "../../src/verdict/media.ts";

const KEPT = { dscpSent: 46, dscpSeen: [{ dscp: 46, packets: 50 }] };
const GOOD: StreamWay = { sent: 50, received: 50, duplicates: 0, reordered: 0, jitterMs: 1.24, ...KEPT };
const NOTHING: StreamWay = { sent: 50, received: 0, duplicates: 0, reordered: 0, dscpSent: 46 };
const UNSENT: StreamWay = { ...NOTHING, sent: 0 };

const stream = (out: Partial<StreamWay> = {}, back: Partial<StreamWay> = {}, roundTripMs = 42): StreamSeen => ({
  out: { ...GOOD, ...out },
  back: { ...GOOD, jitterMs: 0.9, ...back },
  roundTripMs,
});
const allLost: StreamSeen = { out: NOTHING, back: UNSENT };

const of = (...streams: readonly (StreamSeen | NoStream)[]) =>
  mediaSeen(new Map(streams.map((each, at) => [5_000 + at, each])));
const hintOf = (...streams: readonly (StreamSeen | NoStream)[]) => mediaHint(of(...streams));
const warningsOf = (...streams: readonly (StreamSeen | NoStream)[]) => mediaWarnings(of(...streams));

describe("streams to several ports", () => {
  it("are summed up; jitter and round trip are those of the worst", () => {
    const lossy = { received: 45, reordered: 2, duplicates: 1, jitterMs: 3, dscpSeen: [{ dscp: 46, packets: 45 }] };
    expect(of(stream(), stream(lossy, { sent: 45, received: 45 }, 50))).toMatchObject({
      ports: [5_000, 5_001],
      out: {
        ...{ sent: 100, received: 95, lossPercent: 5, reordered: 2, duplicates: 1, jitterMs: 3, allLost: [] },
        ...{ dscpSent: 46, dscpSeen: [{ dscp: 46, packets: 95 }] },
      },
      back: { sent: 95, received: 95, lossPercent: 0 },
      roundTripMs: 50,
    });
  });

  it("say nothing of marks where one side's system does not", () => {
    const { dscpSeen: _, ...untold } = GOOD;
    expect(of({ out: untold, back: GOOD }, stream())?.out.dscpSeen).toBeUndefined();
    expect(of({ out: NOTHING, back: UNSENT }, stream())?.out.dscpSeen).toEqual([{ dscp: 46, packets: 50 }]);
  });

  it("that could not be are named by what hindered them", () => {
    expect(of({ why: "busy" }, stream(), { why: "lost" })).toMatchObject({
      ports: [5_001],
      without: { busy: [5_000], lost: [5_002] },
    });
    expect(mediaSeen(new Map())).toBeUndefined();
  });
});

describe("the detail adds", () => {
  it.each([
    [
      [stream()],
      "50 packets to 5000: loss 0.0 % out, 0.0 % back, jitter 1.2 ms out, 0.9 ms back, round trip 42.0 ms, DSCP EF kept",
    ],
    [
      [stream(), stream({}, { received: 47, dscpSeen: [{ dscp: 0, packets: 47 }] }), stream()],
      "150 packets to 5000-5002: loss 0.0 % out, 2.0 % back, jitter 1.2 ms out, 0.9 ms back, round trip 42.0 ms, DSCP EF kept out, changed to CS0 in part back",
    ],
    [
      [stream({ reordered: 3 }, { duplicates: 2 })],
      "50 packets to 5000: loss 0.0 % out, 0.0 % back, jitter 1.2 ms out, 0.9 ms back, round trip 42.0 ms, reordered 3 out, duplicated 2 back, DSCP EF kept",
    ],
    [[allLost], "50 packets to 5000: loss 100.0 % out, DSCP EF unknown"],
  ])("what both ways showed: %#", (streams, words) => {
    expect(hintOf(...streams)).toBe(`; stream of ${words}`);
  });

  it("which marks cannot be told, or not be set", () => {
    const { dscpSeen: _seen, ...untold } = GOOD;
    const { dscpSent: _sent, ...unset } = GOOD;
    expect(hintOf({ out: untold, back: GOOD })).toMatch(/DSCP EF not visible out, kept back$/);
    expect(hintOf({ out: unset, back: unset })).toMatch(/DSCP not set$/);
  });

  it("nothing where nothing was sent", () => {
    expect(hintOf({ why: "in-use" })).toBe("");
    expect(hintOf({ out: UNSENT, back: UNSENT })).toBe("");
    expect(mediaHint(undefined)).toBe("");
  });
});

describe("a warning comes", () => {
  it.each([
    ["for no good stream", [stream()], []],
    ["for no loss of one percent", [stream({ sent: 100, received: 99 })], []],
    [
      "for more than one percent",
      [stream({}, { sent: 50, received: 49 })],
      ["loss of 2.0 % on the way back: more than the 1 % that voice takes"],
    ],
    [
      "for more than 30 ms of jitter",
      [stream({ jitterMs: 30.1 }, { jitterMs: 30 })],
      ["jitter of 30.1 ms on the way out: more than the 30 ms that voice takes"],
    ],
    [
      "for a delay beyond G.114's",
      [stream({}, {}, 320)],
      ["round trip 320.0 ms, about 160.0 ms each way: more than the 150 ms that ITU-T G.114 has for voice"],
    ],
    ["for no delay of just that", [stream({}, {}, 300)], []],
    [
      "for marks that are lost on the way, in part too",
      [stream({ dscpSeen: [0, 46].map((dscp) => ({ dscp, packets: 25 })) }, { dscpSeen: [{ dscp: 8, packets: 50 }] })],
      [
        "DSCP EF is not kept on the way out: it arrives as CS0 in 25 of 50 packets",
        "DSCP EF is not kept on the way back: it arrives as CS1 in 50 of 50 packets",
      ],
    ],
    [
      "for a stream of which nothing came through, and no second one for its loss",
      [allLost, stream()],
      [
        "5000: a single datagram came through, and of the stream nothing on the way out: something there drops what looks like RTP, comes so often or is marked",
      ],
    ],
    [
      "for a port without a stream",
      [{ why: "busy" } as const, stream(), { why: "interrupted" } as const],
      ["no stream to 5000: held by somebody's session with the responder"],
    ],
  ])("%s", (_, streams, warnings) => {
    expect(warningsOf(...streams)).toEqual(warnings);
  });
});

it("a handful of packets does not show that all are lost", () => {
  expect([0, 9, 10, 50].map((sent) => isAllLost({ ...NOTHING, sent }))).toEqual([false, false, true, true]);
  expect(isAllLost({ ...NOTHING, received: 1 })).toBe(false);
});

it("marks have the names of their documents", () => {
  expect([0, 8, 10, 12, 14, 16, 26, 34, 38, 46, 48, 56, 1, 44, 63].map(dscpName)).toEqual([
    "CS0",
    "CS1",
    "AF11",
    "AF12",
    "AF13",
    "CS2",
    "AF31",
    "AF41",
    "AF43",
    "EF",
    "CS6",
    "CS7",
    "1",
    "44",
    "63",
  ]);
});
