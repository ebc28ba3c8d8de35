import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "../../src/profile/nearest.ts";

const words = ["ports", "prober", "params", "line", "failover-secondary", "ldap-bind"];

describe("the nearest word", () => {
  it.each([
    ["port", "ports"],
    ["prots", "ports"],
    ["Prober", "prober"],
    ["pramas", "params"],
    ["failover-secondray", "failover-secondary"],
    ["failover", "failover-secondary"],
    ["ldap", "ldap-bind"],
  ])("of %s is %s", (typed, meant) => {
    expect(nearest(typed, words)).toBe(meant);
  });

  it.each(["zzz", "", "x", "kerberos"])("of %j is none", (typed) => {
    expect(nearest(typed, words)).toBeUndefined();
    expect(didYouMean(typed, words)).toBeUndefined();
  });

  it("is the closest, not the first that is close", () => {
    expect(nearest("unity-to-dc", ["unity-to-gc", "unity-to-dc1"])).toBe("unity-to-gc");
    expect(nearest("unity-to-dcc", ["unity-to-gc", "unity-to-dc"])).toBe("unity-to-dc");
  });

  it("is a known word itself, whatever the others are", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(fc.property(word, fc.array(word), (one, others) => nearest(one, [...others, one]) === one));
  });
});
