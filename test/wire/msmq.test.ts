import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMsmqPing, encodeMsmqPing, type MsmqPing } from "../../src/wire/msmq.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  hex,
  printed,
  toHex,
  wireErrorOf,
} from "./support.ts";

const ping: fc.Arbitrary<MsmqPing> = fc.record({
  workstation: fc.boolean(),
  refuses: fc.boolean(),
  cookie: fc.integer({ min: 0, max: 0xffff_ffff }),
  queueManager: fc.uuid(),
});

describe("pings of Message Queuing", () => {
  it("round trip", () => {
    expectRoundTrip(ping, encodeMsmqPing, decodeMsmqPing);
  });

  it("are what was captured for the specification", () => {
    const request = printed("msmq-ping-request");
    const asked = {
      workstation: true,
      refuses: false,
      cookie: 4,
      queueManager: "557358d1-9150-9595-4997-b6e611ea26c6",
    };
    expect(decodeMsmqPing(request)).toEqual(asked);
    // All but the unused flags, in which Windows leaves what was in its memory.
    expect(toHex(encodeMsmqPing(asked)).slice(4)).toBe(toHex(request).slice(4));
    expect(decodeMsmqPing(printed("msmq-ping-response"))).toMatchObject({
      workstation: true,
      refuses: false,
      cookie: 4,
    });
  });

  it("say by the second flag that a session would be refused", () => {
    const refusal = printed("msmq-ping-response");
    refusal[0]! |= 2;
    expect(decodeMsmqPing(refusal).refuses).toBe(true);
  });

  it("refuse every truncation, and meet any bytes with a ping or a WireError", () => {
    expectEveryTruncationRefused(decodeMsmqPing, printed("msmq-ping-response"));
    expectOnlyWireErrors(decodeMsmqPing, printed("msmq-ping-response"));
  });

  it("refuse another signature, and bytes behind them", () => {
    const bytes = printed("msmq-ping-response");
    expect(wireErrorOf(() => decodeMsmqPing(Uint8Array.of(...bytes, 0)))?.code).toBe("malformed");
    bytes.set(hex("5548"), 2);
    expect(wireErrorOf(() => decodeMsmqPing(bytes))?.code).toBe("malformed");
  });
});
