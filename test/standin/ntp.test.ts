import { describe, expect, it } from "vitest";
import { ntp } from "../../src/standin/ntp.ts";
import { decodeNtp, encodeNtp, ntpRequest, readClock } from "../../src/wire/ntp.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const server = ntp({ wallMs: () => NOW_MS });

describe("the NTP stand-in", () => {
  it.each([3, 4])("answers a client of version %i with its timestamp and the time", (version) => {
    const reply = decodeNtp(server.answer(encodeNtp(ntpRequest(0x0123_4567_89ab_cdefn, version)))!);
    expect(reply).toMatchObject({ mode: 4, version, stratum: 3, leap: 0, origin: 0x0123_4567_89ab_cdefn });
    expect(readClock(reply, NOW_MS, NOW_MS).offsetMs).toBeCloseTo(0, 3);
  });

  it("gives another server no answer", () => {
    expect(server.answer(encodeNtp({ ...ntpRequest(1n), mode: 4 }))).toBeUndefined();
  });
});
