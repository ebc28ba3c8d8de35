import { expect, it } from "vitest";
import { MEDIA_RATE_PER_S } from "../../src/engine/range.ts";
import { HeldClock } from "./held-clock.ts";
import { range, scriptedSweeper, stage, sweep } from "./stage.ts";

it("media ports are asked slowly, other ports as fast as the run may", async () => {
  const clock = new HeldClock();
  const { sweeper, jobs } = scriptedSweeper(clock);
  const media = { profile: "p", service: "RTP", required: true, media: true };
  await stage([range(16_384, 16_400, { transport: "udp", row: media }), range(5_000, 5_020, { transport: "udp" })], {
    probers: [sweep],
    clock,
    sweeper,
  });
  expect(jobs.map(({ ratePerS }) => ratePerS)).toEqual([MEDIA_RATE_PER_S, 2_000]);
});
