import { expect, it } from "vitest";
import { longSweepRemarks } from "../../src/cli/long-sweeps.ts";
import { planOf, range } from "../engine/stage.ts";

const remarks = (first: number, last: number, wanted?: number | "all", transport: "tcp" | "udp" = "udp") =>
  longSweepRemarks(planOf([range(first, last, { transport })]), wanted);

it("says beforehand how long it may take to ask all ports of a range over UDP", () => {
  expect(remarks(22_800, 32_767, "all")).toEqual([
    "udp/22800-32767 sweep: 9,968 ports are asked, at one ICMP error a second up to 2.8 h, unless the target answers " +
      "faster; --sample asks fewer",
  ]);
  expect(remarks(1_024, 65_535, "all")[0]).toContain("up to 17.9 h");
  expect(remarks(5_000, 5_999)[0]).toContain("up to 16.7 min");
});

it("says nothing of what is quick: samples, short ranges, TCP, and rows that are not asked", () => {
  expect(remarks(22_800, 32_767)).toEqual([]);
  expect(remarks(5_000, 5_020, "all")).toEqual([]);
  expect(remarks(1_024, 65_535, "all", "tcp")).toEqual([]);
  const skip = { why: "left out", deliberate: true };
  expect(longSweepRemarks(planOf([range(1_024, 65_535, { transport: "udp", skip })]), "all")).toEqual([]);
});

it("says nothing of a host with a far end, whose ports are proven by tokens", () => {
  const plan = planOf(["192.0.2.1", "192.0.2.2"].map((host) => range(5_000, 5_999, { transport: "udp", host })));
  expect(longSweepRemarks(plan, undefined, new Set(["192.0.2.1", "192.0.2.2"]))).toEqual([]);
  expect(longSweepRemarks(plan, undefined, new Set(["192.0.2.1"]))).toHaveLength(1);
});

it("says it once, however many hosts are asked", () => {
  const plan = planOf(["192.0.2.1", "192.0.2.2"].map((host) => range(5_000, 5_999, { transport: "udp", host })));
  expect(longSweepRemarks(plan, undefined)).toHaveLength(1);
});
