import { describe, expect, it } from "vitest";
import type { PortGroup } from "../../src/model/observation.ts";
import { hopLimitWarning } from "../../src/verdict/hop-limits.ts";

const ports = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + 2 * at);
const resets = (hopLimit: number, asked: readonly number[]): PortGroup => ({
  state: "closed",
  reason: "conn-refused",
  hopLimit,
  ports: asked,
});
const accepts = (hopLimit: number): PortGroup => ({ state: "open", reason: "syn-ack", hopLimit, ports: [389] });

describe("the hop limits of resets", () => {
  it("are no news where all are the host's own, or none was seen", () => {
    expect(hopLimitWarning([accepts(63), resets(63, ports(1, 100))])).toBeUndefined();
    expect(hopLimitWarning([resets(63, ports(1, 100))])).toBeUndefined();
    expect(hopLimitWarning([{ state: "closed", reason: "conn-refused", ports: [1] }])).toBeUndefined();
    expect(hopLimitWarning([{ state: "filtered", reason: "no-response", ports: [1] }])).toBeUndefined();
    expect(hopLimitWarning([])).toBeUndefined();
  });

  it("are probably forged where they differ from what the host accepts and refuses with", () => {
    expect(hopLimitWarning([accepts(63), resets(64, ports(1, 1_290)), resets(63, ports(2, 50_000))])).toBe(
      "1,290 resets carry another TTL (64) than the host's own answers (63): probably forged by a firewall on the way",
    );
  });

  it("name the ports where these are few, and are hop limits over IPv6", () => {
    expect(hopLimitWarning([accepts(63), resets(255, [25]), resets(63, [110])], "fd00::1")).toBe(
      "1 reset (25) carries another hop limit (255) than the host's own answers (63): probably forged by a firewall on the way",
    );
  });

  it("are held against most resets where nothing accepts", () => {
    expect(hopLimitWarning([resets(64, [7, 9]), resets(63, ports(100, 50))])).toContain("(7,9) carry another TTL (64)");
    expect(hopLimitWarning([resets(64, [7]), resets(63, [9])])).toBeUndefined();
  });

  it("may be the host's habit where no reset is like an accept", () => {
    expect(hopLimitWarning([accepts(63), resets(64, [7]), resets(255, [9])])).toBe(
      "all 2 resets (7,9) carry another TTL (64, 255) than the accepted connections (63): sent by a firewall on the way, or the host's own habit",
    );
  });
});
