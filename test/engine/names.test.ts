import { describe, expect, it } from "vitest";
import { answers, refuses, type Scene } from "./scripted-net.ts";
import { check, dialogue, stage } from "./stage.ts";

const V4 = "192.0.2.10";
const V6 = "2001:db8::10";
const talker = dialogue("talker");
const probers = [talker];
const rows = (host: string) => [check("talker", 389, { host }), check("talker", 88, { host })];

/** The network where dc01 has these addresses. */
function named(addresses: readonly string[], more: Partial<Scene> = {}): Scene {
  return { port: () => answers(), names: { dc01: addresses }, ...more };
}

describe("a name with several addresses", () => {
  it("has a result for each row and each address, in the resolver's order", async () => {
    const { results, told } = await stage(rows("dc01"), {
      probers,
      scene: named([V6, V4], { port: ({ address }) => (address === V6 ? refuses() : answers()) }),
    });
    expect(
      results.map(({ check: { address, portsText, host }, outcome }) => [host, address, portsText, outcome]),
    ).toEqual([
      ["dc01", V6, "389", "fail"],
      ["dc01", V6, "88", "fail"],
      ["dc01", V4, "389", "pass"],
      ["dc01", V4, "88", "pass"],
    ]);
    expect(told).toHaveLength(4);
  });

  it("is asked once at an address that the resolver gives twice", async () => {
    const { net } = await stage(rows("dc01"), { probers, scene: named([V4, V4]) });
    expect(net.opened).toHaveLength(2);
  });

  it.each([
    [4, [V4]],
    [6, [V6]],
  ] as const)("is asked over IPv%d alone where the user wants that", async (family, addresses) => {
    const { results } = await stage(rows("dc01"), { probers, scene: named([V6, V4]), options: { family } });
    expect([...new Set(results.map((result) => result.check.address))]).toEqual(addresses);
  });

  it("leaves out an address whose family has no route, on purpose", async () => {
    const { results, exitCode, net } = await stage(rows("dc01"), {
      probers,
      scene: named([V6, V4], { noRoute: [V6] }),
    });
    const left = results.filter(({ check: { address } }) => address === V6);
    expect(left).toHaveLength(2);
    expect(left[0]).toMatchObject({
      outcome: "skipped",
      skipped: { why: `this host has no IPv6 route to ${V6}`, deliberate: true },
    });
    expect(net.opened.map(({ to }) => to.address)).toEqual([V4, V4]);
    expect(exitCode).toBe(0);
  });

  it("is an error where no address has a route", async () => {
    const { results, exitCode, net } = await stage(rows("dc01"), {
      probers,
      scene: named([V6, V4], { noRoute: [V6, V4] }),
    });
    expect(results).toHaveLength(4);
    for (const result of results) {
      expect(result).toMatchObject({ outcome: "error", verdict: { state: "unknown", reason: "no-route" } });
    }
    expect(net.opened).toEqual([]);
    expect(exitCode).toBe(3);
  });
});

describe("a name without address", () => {
  it("is an error of each row, and stops no other host", async () => {
    const { results, exitCode, told } = await stage([...rows("nowhere"), ...rows(V4)], { probers, scene: named([]) });
    expect(results.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ["error", "the resolver gave no address for nowhere"],
      ["error", "the resolver gave no address for nowhere"],
      ["pass", "it answered"],
      ["pass", "it answered"],
    ]);
    expect(results[0]).toMatchObject({ verdict: { state: "unknown", reason: "name-not-found" }, attempts: 0 });
    expect(exitCode).toBe(3);
    expect(told).toHaveLength(4);
  });

  it("does not bring back a row that the plan leaves out", async () => {
    const skip = { why: "switched off", deliberate: true };
    const { results } = await stage([check("talker", 1, { host: "nowhere", skip })], { probers, scene: named([]) });
    expect(results[0]).toMatchObject({ outcome: "skipped", detail: "switched off", required: false });
  });
});

describe("an address", () => {
  it("is not looked up", async () => {
    const { results } = await stage(rows(V4), { probers });
    expect(results.map(({ outcome }) => outcome)).toEqual(["pass", "pass"]);
  });

  it("is told with our own address on the way there", async () => {
    const { results } = await stage(rows(V4), { probers });
    expect(results[0]?.source).toBe("192.0.2.200");
  });
});

describe("a row that the plan leaves out", () => {
  it("is not sent, and its reason stands in the report", async () => {
    const skip = { why: "--skip tcp/389", deliberate: true };
    const { results, net, exitCode } = await stage([check("talker", 389, { skip }), check("talker", 88)], { probers });
    expect(net.opened.map(({ to }) => to.port)).toEqual([88]);
    expect(results[0]).toMatchObject({ outcome: "skipped", detail: "--skip tcp/389", skipped: skip });
    expect(exitCode).toBe(0);
  });

  it("counts against the run where nobody meant to leave it out", async () => {
    const skip = { why: "no value for the variable", deliberate: false };
    const { exitCode } = await stage([check("talker", 389, { skip }), check("talker", 88)], { probers });
    expect(exitCode).toBe(3);
  });
});
