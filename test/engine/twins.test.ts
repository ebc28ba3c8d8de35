import { describe, expect, it } from "vitest";
import { answers, drops } from "./scripted-net.ts";
import { check, dialogue, stage } from "./stage.ts";

const first = check("talker", 88);
const twin = (more = {}) =>
  check("talker", 88, {
    id: "kerberos/tcp/88",
    row: { profile: "second", service: "Kerberos", required: true },
    sameAs: { profile: "p", check: first.id },
    ...more,
  });
const talker = dialogue("talker");

describe("checks that ask the same question", () => {
  it("are asked once, and the answer stands under each", async () => {
    const scene = { port: () => answers() };
    const { results, net } = await stage([first, twin()], { probers: [talker], scene });
    expect(net.opened).toHaveLength(1);
    expect(results.map(({ check: { row }, outcome, detail }) => [row.profile, outcome, detail])).toEqual([
      ["p", "pass", "it answered"],
      ["second", "pass", "it answered"],
    ]);
  });

  it("are judged each by its own row", async () => {
    const scene = { port: () => drops };
    const { results } = await stage([first, twin({ expect: "path" })], { probers: [talker], scene });
    expect(results.map(({ outcome }) => outcome)).toEqual(["fail", "inconclusive"]);
  });

  it("are asked by nobody where one is left out", async () => {
    const left = twin({ skip: { why: "left out by --skip", deliberate: true } });
    const { results, net } = await stage([first, left], { probers: [talker], scene: { port: () => answers() } });
    expect(net.opened).toHaveLength(1);
    expect(results[1]).toMatchObject({ outcome: "skipped", detail: "left out by --skip" });
  });
});
