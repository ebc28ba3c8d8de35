import { describe, expect, it } from "vitest";
import type { NoStream, StreamAsk, StreamSeen, StreamWay } from "../../src/model/media-stream.ts";
import { HeldClock } from "./held-clock.ts";
import { type FarEndScript, scriptedFarEnd } from "./scripted-far-end.ts";
import { range, scriptedSweeper, stage, sweep } from "./stage.ts";

const WAY: StreamWay = { sent: 50, received: 50, duplicates: 0, reordered: 0, jitterMs: 1 };
const GOOD: StreamSeen = { out: WAY, back: WAY, roundTripMs: 10 };
const NOTHING_OUT: StreamSeen = { out: { ...WAY, received: 0 }, back: { ...WAY, sent: 0, received: 0 } };
const NOTHING_BACK: StreamSeen = { out: WAY, back: { ...WAY, received: 0 } };

function media(first: number, last: number, over: Parameters<typeof range>[2] = {}) {
  const check = range(first, last, { transport: "udp", ...over });
  return { ...check, row: { ...check.row, media: true } };
}

function staged(
  checks: Parameters<typeof stage>[0],
  stream: ((ask: StreamAsk) => StreamSeen | NoStream) | undefined,
  { options = {}, ...script }: FarEndScript & { readonly options?: object } = {},
) {
  const clock = new HeldClock();
  const far = scriptedFarEnd(clock, { ...script, ...(stream !== undefined && { stream }) });
  const { sweeper } = scriptedSweeper(clock, "syn-ack");
  const more = { probers: [sweep], clock, sweeper, farEnd: far.farEnd, options: { media: true, ...options } };
  return stage(checks, more).then((report) => ({ ...report, far }));
}

describe("streams", () => {
  it("go to the first, the middle and the last port of a media row that passed, after the tokens", async () => {
    const fate = (_: string, port: number) => (port === 5_000 || port === 5_010 ? "request-lost" : "open");
    const checks = [media(5_000, 5_010), media(6_000, 6_000), range(7_000, 7_010, { transport: "udp" })];
    const { far } = await staged(checks, () => GOOD, { fate });
    expect(far.streamed.map(({ port, atMs }) => [port, atMs])).toEqual([
      [5_001, 100],
      [5_005, 100],
      [5_009, 100],
      [6_000, 100],
    ]);
    expect(far.streamed[0]).toMatchObject({ packets: 50, intervalMs: 20, bytes: 172, dscp: 46 });
    expect(far.state.ended).toBe(1);
  });

  it("are as many at once as the rate allows", async () => {
    const { far } = await staged([media(5_000, 5_010)], () => GOOD, { options: { ratePerS: 100 } });
    expect(far.streamed.map(({ atMs }) => atMs)).toEqual([100, 100, 1_100]);
  });

  it("are not sent without the wish", async () => {
    const { far, results } = await staged([media(5_000, 5_002)], () => GOOD, { options: { media: false } });
    expect(far.streamed).toEqual([]);
    expect(results[0]?.check.farEnd?.media).toBeUndefined();
  });

  it("that cannot be announced are a warning", async () => {
    const { results } = await staged([media(5_000, 5_002)], undefined);
    expect(results[0]).toMatchObject({
      outcome: "pass",
      warnings: ["no stream to 5000-5002: without a control channel none can be announced"],
    });
  });

  it("are sent once to a port that two rows share, and are told of in both", async () => {
    const twice = [media(5_000, 5_000), media(5_000, 5_004, { id: "other/udp/5000-5004" })];
    const { far, results } = await staged(twice, () => GOOD);
    expect(far.streamed.map(({ port }) => port)).toEqual([5_000, 5_002, 5_004]);
    expect(results.map(({ check }) => check.farEnd?.media?.ports)).toEqual([[5_000], [5_000, 5_002, 5_004]]);
  });

  it("add to the detail, and warn without a change of the outcome", async () => {
    const lossy = { ...GOOD, back: { ...WAY, received: 40 } };
    const { results } = await staged([media(5_000, 5_000)], () => lossy);
    expect(results[0]).toMatchObject({
      outcome: "pass",
      warnings: ["loss of 20.0 % on the way back: more than the 1 % that voice takes"],
    });
    expect(results[0]?.detail).toMatch(/; stream of 50 packets to 5000: loss 0.0 % out, 20.0 % back, .*DSCP not set$/);
  });

  it.each([
    [NOTHING_OUT, "request", "on the way out"],
    [NOTHING_BACK, "reply", "on the way back"],
  ] as const)("of which nothing came through make their port one that is lost: %#", async (stream, lost, way) => {
    const { results } = await staged([media(5_000, 5_002)], ({ port }) => (port === 5_002 ? stream : GOOD));
    expect(results[0]).toMatchObject({ outcome: "fail", warnings: [expect.stringContaining(way)] });
    expect(results[0]?.range?.groups).toEqual([
      { state: "open", reason: "responder-receipt", ports: [5_000, 5_001] },
      { state: "filtered", reason: "no-response", lost, ports: [5_002] },
    ]);
  });

  it("of which nothing came through say nothing of a row that carries no media, though it has the port too", async () => {
    const other = range(5_000, 5_000, { transport: "udp", id: "other/udp/5000" });
    const { results } = await staged([media(5_000, 5_000), other], () => NOTHING_OUT);
    expect(results.map(({ outcome, warnings }) => [outcome, warnings.length])).toEqual([
      ["fail", 1],
      ["pass", 0],
    ]);
  });

  it("are not sent where nothing is to pass: the token that did is enough", async () => {
    const { far, results } = await staged([media(5_000, 5_000, { expect: "blocked" })], () => NOTHING_OUT);
    expect([far.streamed, results[0]?.outcome]).toEqual([[], "fail"]);
  });

  it("that could not be are a warning, and the tokens still count", async () => {
    const { results } = await staged([media(5_000, 5_000)], () => ({ why: "lost" }));
    expect(results[0]).toMatchObject({
      outcome: "pass",
      warnings: ["no stream to 5000: the responder was lost"],
    });
  });
});
