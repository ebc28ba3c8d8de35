import { describe, expect, it } from "vitest";
import type { Read, Transaction } from "../../src/model/prober.ts";
import { ntp } from "../../src/probers/ntp.ts";
import { decodeNtp, encodeNtp, MODE_CLIENT, type NtpPacket, ntpFromUnixMs } from "../../src/wire/ntp.ts";
import { fixture } from "../wire/support.ts";

const remote = { transport: "udp", address: "127.0.0.1", port: 123 } as const;
const local = { transport: "udp", address: "127.0.0.1", port: 50_000 } as const;
/** When the run's clock reads 1000 ms. */
const NOW_MS = Date.UTC(2026, 10, 21, 6, 33, 51);

/** A world whose clocks stand still until the test moves them. */
function begin(nowMs = NOW_MS) {
  const clock = { wallMs: nowMs, monotonicMs: 1_000 };
  let drawn = 0;
  const world = {
    wallMs: () => clock.wallMs,
    monotonicMs: () => clock.monotonicMs,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => new Uint8Array(length).fill(++drawn),
    secret: () => undefined,
  };
  const transaction = ntp.start({}, { host: "ntp01", remote, learned: {}, world }, local);
  const advance = (ms: number) => {
    clock.wallMs += ms;
    clock.monotonicMs += ms;
  };
  return { transaction, advance, clock };
}

/** A right reply of a server whose clock is ahead by so much, to a request that took 20 ms each way. */
function reply(request: Uint8Array, aheadMs: number, how: Partial<NtpPacket> = {}, sentMs = NOW_MS): Uint8Array {
  const server = decodeNtp(fixture("ntp/reply-chrony.hex"));
  const origin = decodeNtp(request).transmit;
  const receive = ntpFromUnixMs(sentMs + 20 + aheadMs);
  return encodeNtp({ ...server, origin, receive, transmit: receive, ...how });
}

/** What is made of the reply 40 ms after the request. */
function readingOf(aheadMs: number, how: Partial<NtpPacket> = {}) {
  const { transaction } = begin();
  return read(transaction, reply(transaction.request(0)!, aheadMs, how)).final;
}

function read(transaction: Transaction, bytes: Uint8Array, atMs = 1_040): Read {
  return transaction.read(bytes, remote, atMs);
}

describe("the NTP request", () => {
  it("is a client's, and its timestamp is random in each send", () => {
    const { transaction } = begin();
    const [first, second] = [0, 1].map((send) => decodeNtp(transaction.request(send)!));
    expect(first).toMatchObject({ mode: MODE_CLIENT, version: 4, transmit: 0x0101010101010101n });
    expect(second).toMatchObject({ transmit: 0x0202020202020202n });
  });
});

describe("the clock of an NTP server", () => {
  it("is told with the half of the way as its uncertainty", () => {
    expect(readingOf(5_000)).toEqual({
      service: "confirmed",
      detail: "stratum 8, offset +5.00 s ± 0.020 s",
      evidence: {
        stratum: 8,
        leap: 0,
        referenceId: "127.127.1.1",
        synchronised: true,
        offsetMs: 5_000,
        delayMs: 40,
        rootDelayMs: 0,
        rootDispersionMs: expect.any(Number),
      },
    });
    expect(readingOf(-250)?.detail).toBe("stratum 8, offset -0.25 s ± 0.020 s");
  });

  it("is measured with the monotonic clock, whatever the wall clock does meanwhile", () => {
    const { transaction, clock } = begin();
    const bytes = reply(transaction.request(0)!, 0);
    clock.wallMs += 3_600_000;
    expect(read(transaction, bytes).final?.evidence).toMatchObject({ offsetMs: 0, delayMs: 40 });
  });

  it("is measured against the send that was answered", () => {
    const { transaction, advance } = begin();
    const first = transaction.request(0)!;
    advance(2_000);
    transaction.request(1);
    expect(read(transaction, reply(first, 0), 1_040).final?.evidence).toMatchObject({ offsetMs: 0, delayMs: 40 });
  });

  it("is read in the era that lies nearest, from 2036 on", () => {
    const inEra1 = Date.UTC(2036, 1, 7, 6, 28, 20);
    const { transaction } = begin(inEra1);
    const bytes = reply(transaction.request(0)!, -10_000, {}, inEra1);
    expect(read(transaction, bytes).final?.evidence).toMatchObject({ offsetMs: -10_000 });
  });

  it.each([
    [60_000, undefined],
    [-60_000, undefined],
    [60_100, "the clocks are 60.10 s apart; Kerberos stops working at 300 s"],
    [300_000, "the clocks are 300.00 s apart; Kerberos stops working at 300 s"],
    [-300_100, "the clocks are 300.10 s apart: more than the 300 s that Kerberos allows"],
  ])("that is %d ms ahead draws the warning %s", (aheadMs, warning) => {
    expect(readingOf(aheadMs)?.warnings).toEqual(warning === undefined ? undefined : [warning]);
  });
});

describe("an NTP server that gives no time", () => {
  it("sends a kiss code, which is a refusal", () => {
    expect(readingOf(0, { stratum: 0, referenceId: Uint8Array.from(Buffer.from("RATE")) })).toEqual({
      service: "refused",
      detail: "answers, but gives no time: kiss code RATE (rate exceeded)",
      evidence: { stratum: 0, kissCode: "RATE" },
    });
    expect(readingOf(0, { stratum: 0, referenceId: Uint8Array.from(Buffer.from("WHAT")) })?.detail).toBe(
      "answers, but gives no time: kiss code WHAT",
    );
  });

  it.each([
    ["says so by its leap indicator", { leap: 3 }, 8],
    ["says so by its stratum", { stratum: 16 }, 16],
    ["does not know when it sent", { transmit: 0n }, 8],
    ["does not know when it received", { receive: 0n }, 8],
  ])("%s: it answers, and no offset is told", (_, how, stratum) => {
    const reading = readingOf(0, how);
    expect(reading).toMatchObject({
      service: "confirmed",
      detail: `stratum ${stratum}, not synchronised`,
      warnings: ["the server says that its own clock is not synchronised"],
    });
    expect(reading?.evidence).not.toHaveProperty("offsetMs");
  });
});

describe("a datagram from port 123", () => {
  it.each([
    ["answers somebody else", { origin: 0x0909090909090909n }],
    ["answers nobody", { origin: 0n }],
    ["is a client's", { mode: 3 }],
    ["is a broadcast", { mode: 5 }],
    ["speaks a version that was not asked", { version: 5 }],
  ])("that %s is passed over, and the wait goes on", (_, how) => {
    expect(readingOf(0, how)).toBeUndefined();
    const { transaction } = begin();
    const request = transaction.request(0)!;
    expect(read(transaction, reply(request, 0, how))).toEqual({});
    expect(read(transaction, reply(request, 0)).final?.service).toBe("confirmed");
  });

  it("that is too short is passed over", () => {
    const { transaction } = begin();
    const bytes = reply(transaction.request(0)!, 0);
    expect(read(transaction, bytes.subarray(0, 47))).toEqual({});
  });

  it("of an older version counts: servers answer in the lower of the two", () => {
    expect(readingOf(0, { version: 3 })?.service).toBe("confirmed");
  });
});
