import { describe, expect, it } from "vitest";
import { expandPlan } from "../../src/profile/expand.ts";
import { fullProfile, options, planned, profileOf } from "./fixtures.ts";

const back = () =>
  planned([fullProfile()], { reverse: new Set(["dc01"]) }).filter(({ direction }) => direction === "in");

describe("a plan of both directions", () => {
  it("has a profile of its own for the way back, with the roles and the arrow turned round", () => {
    const { profiles } = expandPlan([profileOf(["{service: A, ports: [tcp/1], prober: port-sweep, expect: path}"])], {
      ...options(),
      reverse: new Set(["dc01"]),
    });
    expect(profiles).toEqual([
      { id: "example", title: "A → B", from: "role-a", to: "role-b" },
      { id: "example/reverse", title: "A ← B", from: "role-b", to: "role-a" },
    ]);
  });

  it("asks every row the other way too, in the same order", () => {
    const out = planned([fullProfile()], { reverse: new Set(["dc01"]) }).filter(({ direction }) => direction === "out");
    expect(back().map(({ id }) => id)).toEqual(out.map(({ id }) => id));
    expect(new Set(back().map(({ row }) => row.profile))).toEqual(new Set(["full-example/reverse"]));
    expect(out).toEqual(planned([fullProfile()]));
  });

  it("expects nothing of a service here: tokens come, no client", () => {
    const expected = back().map(({ expect }) => expect);
    expect(new Set(expected)).toEqual(new Set(["path", "blocked"]));
    expect(expected.indexOf("blocked")).toBe(back().findIndex(({ row }) => row.service === "Telnet"));
    expect(back().filter(({ tls, sourcePort }) => tls !== undefined || sourcePort !== undefined)).toEqual([]);
  });

  it("requires what is only optional because silence says nothing without a far end", () => {
    const voice = back().find(({ id }) => id.startsWith("voice/"));
    expect(voice).toMatchObject({ row: { required: true, media: true } });
    expect(voice?.skip).toBeUndefined();
  });

  it("leaves out what the switches and flags leave out, in both directions", () => {
    const checks = planned([fullProfile()], { reverse: new Set(["dc01"]), only: ["tcp/389"] });
    const asked = checks.filter(({ skip }) => skip === undefined);
    expect(asked.map(({ id, direction }) => [id, direction])).toEqual([
      ["ldap/tcp/389", "out"],
      ["ldap/tcp/389", "in"],
    ]);
  });

  it("is no twin of the other direction, and has no canaries", () => {
    expect(back().filter(({ sameAs }) => sameAs !== undefined)).toEqual([]);
    const { checks } = expandPlan([fullProfile()], { ...options(), reverse: new Set(["dc01"]) });
    expect(checks.filter(({ purpose }) => purpose === "canary").map(({ row }) => row.profile)).toEqual([
      "full-example",
    ]);
  });
});
