import { expect, it } from "vitest";
import { seenHere } from "../../src/responder/address.ts";

it.each([
  ["fe80::1%eth0", "fe80::1%lan", "fe80::1%lan"],
  ["fe80::2%eth0", "fe80::1%lan", "fe80::2%eth0"],
  ["10.0.0.1", "10.0.0.1", "10.0.0.1"],
  ["203.0.113.9", "10.0.0.1", "203.0.113.9"],
])("%s is seen of %s: %s here", (seenAs, local, here) => {
  expect(seenHere(seenAs, local)).toBe(here);
});
