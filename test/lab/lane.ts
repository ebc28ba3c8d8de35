/** The test function of the lab: each test gets a lane to itself, behind a firewall that lets everything pass. */
import { test as base, inject } from "vitest";
import { ALL_PASSES, loadFirewall } from "./firewall.ts";
import type { Lane } from "./namespaces.ts";

const free: Lane[] = [...inject("lab").lanes];

export const test = base.extend<{ readonly lane: Lane }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from this pattern which fixtures are used.
  lane: async ({}, use) => {
    const lane = free.pop();
    // The configuration runs no more tests at once than there are lanes.
    if (lane === undefined) throw new Error("more tests than lanes run at the same time");
    try {
      await use(lane);
    } finally {
      await loadFirewall(lane, ALL_PASSES);
      free.push(lane);
    }
  },
});
