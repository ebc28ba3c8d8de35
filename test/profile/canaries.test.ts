import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countPorts, holdsPort, portsOf } from "../../src/model/ports.ts";
import { expandPlan } from "../../src/profile/expand.ts";
import { fullProfile, profileOf } from "./fixtures.ts";

/** Bytes that an arbitrary seed decides. */
const chance = (seed: number) => {
  let state = seed >>> 0;
  return (length: number) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
};

const plan = (rows: readonly string[], seed = 1, hosts = ["dc01"]) =>
  expandPlan([profileOf(rows)], { hosts, randomBytes: chance(seed) });

const sweep = (ports: string) => `{service: RPC ${ports}, ports: [tcp/${ports}], prober: port-sweep, expect: path}`;

describe("canaries", () => {
  it("are one check of three ports for each host, after its rows, and move nothing", () => {
    const { checks } = plan([sweep("5000-5020")], 1, ["dc01", "10.0.0.2"]);
    expect(checks.map((check) => [check.host, check.purpose])).toEqual([
      ["dc01", "row"],
      ["dc01", "canary"],
      ["10.0.0.2", "row"],
      ["10.0.0.2", "canary"],
    ]);
    expect(checks[3]).toMatchObject({
      id: "canary/tcp",
      address: "10.0.0.2",
      prober: "port-sweep",
      expect: "path",
      row: { profile: "example", required: false },
    });
  });

  it("are three different ports from 1024 to 65535 that no TCP row lists", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 65_000 }), (seed, first) => {
        const [row, canary] = plan([sweep(`${first}-65500`)], seed).checks;
        const ports = [...portsOf(canary!.ports)];
        expect(new Set(ports).size).toBe(3);
        expect(ports.every((port) => port >= 1024 && port <= 65_535 && !holdsPort(row!.ports, port))).toBe(true);
        expect(canary!.ports.every((span) => countPorts([span]) === 1)).toBe(true);
      }),
    );
  });

  it("where rows list all ports, are ports that no row asks singly", () => {
    const single = "{service: LDAP, ports: [tcp/3268], prober: ldap-bind}";
    const { checks } = plan([sweep("1024-65535"), single]);
    const ports = [...portsOf(checks.at(-1)!.ports)];
    expect(ports).toHaveLength(3);
    expect(ports).not.toContain(3268);
  });

  it("differ from run to run", () => {
    const of = (seed: number) => plan([sweep("80")], seed).checks.at(-1)!.portsText;
    expect(new Set([1, 2, 3, 4].map(of)).size).toBe(4);
  });

  it("are left out where nothing is asked over TCP", () => {
    const udp = "{service: NTP, ports: [udp/123], prober: ntp}";
    expect(plan([udp]).checks).toHaveLength(1);
    const skipped = expandPlan([profileOf([udp, sweep("80")])], {
      hosts: ["dc01"],
      skip: ["tcp/80"],
      randomBytes: chance(1),
    });
    expect(skipped.checks.map((check) => check.purpose)).toEqual(["row", "row"]);
  });

  it("are asked from the same source as the rows", () => {
    const { checks } = expandPlan([fullProfile()], { hosts: ["dc01"], source: "10.0.0.9", randomBytes: chance(1) });
    expect(checks.at(-1)).toMatchObject({ purpose: "canary", source: "10.0.0.9" });
  });
});
