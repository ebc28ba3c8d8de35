/** The meter against section 6.4.1 of RFC 3550, calculated here a second time from whole lists of times. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamMeter, ticksOf } from "../../src/responder/stream-meter.ts";

interface Packet {
  readonly sequence: number;
  readonly sentMs: number;
  readonly delayMs: number;
}

/** D(i,j) = (Rj - Sj) - (Ri - Si), J(i) = J(i-1) + (|D(i-1,i)| - J(i-1))/16, in order of arrival. */
function jitterByTheBook(packets: readonly Packet[]): number {
  const transits = packets.map(({ delayMs }) => delayMs);
  let jitter = 0;
  for (let at = 1; at < transits.length; at++) {
    jitter = jitter + (Math.abs(transits[at]! - transits[at - 1]!) - jitter) / 16;
  }
  return jitter;
}

function meterOf(packets: readonly Packet[], startMs = 0): StreamMeter {
  const meter = new StreamMeter(500);
  for (const { sequence, sentMs, delayMs } of packets) {
    meter.heard(sequence, ticksOf(startMs + sentMs), startMs + sentMs + delayMs, {});
  }
  return meter;
}

/** Sent every 20 ms, in order of arrival. */
const paced = (delaysMs: readonly number[]): readonly Packet[] =>
  delaysMs
    .map((delayMs, sequence) => ({ sequence, sentMs: 20 * sequence, delayMs }))
    .sort((a, b) => a.sentMs + a.delayMs - b.sentMs - b.delayMs);

describe("jitter", () => {
  it("is 0 while the delay does not change, however large it is", () => {
    expect(meterOf(paced([300, 300, 300, 300])).jitterMs).toBe(0);
  });

  it("of a delay that goes up and down by 10 ms is 10 ms less what the estimator has yet to learn", () => {
    const delays = Array.from({ length: 50 }, (_, at) => 30 + 10 * (at % 2));
    expect(meterOf(paced(delays)).jitterMs).toBeCloseTo(10 * (1 - (15 / 16) ** 49), 9);
  });

  it("is what the section calculates, for any delays, also where packets overtake each other and timestamps wrap", () => {
    // Eighths of a millisecond, so that no timestamp is rounded.
    const eighths = (max: number) => fc.integer({ min: 0, max: 8 * max }).map((ticks) => ticks / 8);
    const delays = fc.array(eighths(120), { minLength: 1, maxLength: 100 });
    const starts = fc.oneof(eighths(1_000), fc.constant(2 ** 32 / 8 - 500));
    fc.assert(
      fc.property(delays, starts, (delaysMs, startMs) => {
        const packets = paced(delaysMs);
        expect(meterOf(packets, startMs).jitterMs).toBeCloseTo(jitterByTheBook(packets), 6);
      }),
    );
  });

  it("does not hold how long a packet lay unread", () => {
    const meter = new StreamMeter(3);
    for (const [sequence, waitedMs] of [0, 70, 15].entries()) {
      const sentMs = 20 * sequence;
      expect(meter.heard(sequence, ticksOf(sentMs), sentMs + 5 + waitedMs, { waitedMs })).toBe(sentMs + 5);
    }
    expect(meter.jitterMs).toBe(0);
  });
});

describe("order and loss", () => {
  const heard = (...sequences: number[]): StreamMeter => {
    const meter = new StreamMeter(10);
    for (const sequence of sequences) meter.heard(sequence, 0, 0, {});
    return meter;
  };

  it.each([
    [[0, 1, 2, 3], { received: 4, reordered: 0, duplicates: 0 }],
    [[0, 2, 1, 3], { received: 4, reordered: 1, duplicates: 0 }],
    [[3, 0, 1, 2], { received: 4, reordered: 3, duplicates: 0 }],
    [[0, 5, 9], { received: 3, reordered: 0, duplicates: 0 }],
    [[0, 0, 1, 0], { received: 2, reordered: 0, duplicates: 2 }],
    [[], { received: 0, reordered: 0, duplicates: 0 }],
  ])("of the packets %j", (sequences, expected) => {
    expect(heard(...sequences)).toMatchObject(expected);
  });

  it("a packet that was there before does not count, and has no time of arrival", () => {
    const meter = heard(0);
    expect(meter.heard(0, 800, 5, { tos: 0 })).toBeUndefined();
    expect(meter.jitterMs).toBe(0);
  });
});

describe("marks", () => {
  const marked = (...octets: (number | undefined)[]): StreamMeter => {
    const meter = new StreamMeter(10);
    for (const [sequence, tos] of octets.entries()) meter.heard(sequence, 0, 0, tos === undefined ? {} : { tos });
    return meter;
  };

  it("are counted without the bits of ECN, the most frequent first", () => {
    expect(marked(0xb8, 0xb9, 0, 0xbb).dscpSeen).toEqual([
      { dscp: 46, packets: 3 },
      { dscp: 0, packets: 1 },
    ]);
  });

  it("are unknown where the system did not tell of every packet, and before the first", () => {
    expect(marked(0xb8, undefined).dscpSeen).toBeUndefined();
    expect(marked().dscpSeen).toBeUndefined();
  });
});
