import { describe, expect, it } from "vitest";
import type { Observation, PortGroup } from "../../src/model/observation.ts";
import { detailOf } from "../../src/verdict/detail.ts";
import { check, observed, seen, unconnected } from "./support.ts";

const detail = (code: string, sourcePort?: number) =>
  detailOf(
    seen({ check: check(sourcePort === undefined ? {} : { sourcePort }), observation: unconnected({ code }) }),
    "error",
  );

describe("what our own side refused", () => {
  it.each([
    ["EADDRINUSE", 1_137, "not asked: own port 1137 is in use"],
    ["EADDRINUSE", undefined, "not asked: this host ran out of resources (EADDRINUSE)"],
    ["EMFILE", 1_137, "not asked: this host ran out of resources (EMFILE)"],
    ["EACCES", 137, "not sent: own port 137 needs a privilege, or our own host's firewall or policy refused it"],
    ["EACCES", 1_137, "not sent: our own host's firewall or policy refused it"],
    ["EPERM", 137, "not sent: our own host's firewall or policy refused it"],
  ])("%s with own port %s: %s", (code, sourcePort, text) => {
    expect(detail(code, sourcePort)).toBe(text);
  });
});

describe("a connection that stays silent", () => {
  const note = "whether it answers a stranger is unverified";
  const silence = (over: Parameters<typeof check>[0], outcome: "fail" | "inconclusive" | "pass") =>
    detailOf(seen({ check: check({ row: { note }, ...over }) }), outcome);

  it("says why it decides nothing, where it decides nothing", () => {
    expect(silence({ silence: "inconclusive" }, "inconclusive")).toBe(`accepts, but gave no answer in 5 s; ${note}`);
    expect(silence({ silence: "fail" }, "fail")).toBe("accepts, but gave no answer in 5 s");
    expect(silence({ silence: "inconclusive", expect: "accept" }, "pass")).toBe("accepts, but gave no answer in 5 s");
  });
});

describe("connections that came to nothing", () => {
  it("are told by the last one, with what came on that one", () => {
    const spoke = observed({ firstBytes: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70), endedMs: 10 });
    const silence = (observations: readonly Observation[]) => detailOf(seen({ observations }), "fail");
    expect(silence([spoke, observed()])).toBe("accepts, but gave no answer in 5 s");
    expect(silence([observed(), { ...spoke, endedMs: 2_001 }])).toBe(
      "accepts, but gave no answer in 2 s; what came (7 bytes) was no whole reply",
    );
  });
});

describe("the silence of a UDP range", () => {
  const silent = (confirmed: boolean, ports: readonly number[]): PortGroup => ({
    state: "open|filtered",
    reason: "no-response",
    ports,
    ...(confirmed && { confirmed }),
  });
  const closed: PortGroup = { state: "closed", reason: "port-unreach", ports: [5001] };
  const rangeDetail = (groups: readonly PortGroup[]) => {
    const spans = [{ first: 5000, last: 5002, step: 1 as const }];
    const one = seen({ check: check({ transport: "udp", ports: spans }), range: { total: 3, tested: 3, groups } });
    return detailOf(one, "inconclusive");
  };

  it("is said not to be our haste where a port that refuses still did", () => {
    expect(rangeDetail([closed, silent(true, [5000, 5002])])).toBe(
      "0 open, 1 closed, 0 filtered, 2 open|filtered (5000,5002); the silence is not our haste: dropped on the way, or held by a silent service",
    );
  });

  it("is said to be possibly our haste where that stayed silent too, and to show nothing where none refused", () => {
    expect(rangeDetail([closed, silent(true, [5000]), silent(false, [5002])])).toMatch(
      /; the silence may be our haste: ports that were refused before stayed silent too$/,
    );
    expect(rangeDetail([silent(false, [5000, 5001, 5002])])).toMatch(
      /; no port was refused, so nothing shows whether any would be$/,
    );
  });
});
