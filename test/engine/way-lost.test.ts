import { expect, it } from "vitest";
import type { SweepSeen } from "../../src/model/observation.ts";
import { REASONS } from "../../src/model/words.ts";
import { HeldClock } from "./held-clock.ts";
import { drops, refuses, silent } from "./scripted-net.ts";
import { check, dialogue, oneshot, range, stage, sweep, TARGET } from "./stage.ts";

/** A run in which the route to the target vanishes after a second. */
function withLostRoute(transport: "tcp" | "udp", port: typeof drops) {
  const clock = new HeldClock();
  const noRoute: string[] = [];
  clock.at(1_000, () => noRoute.push(TARGET));
  const probers = [dialogue("talker"), oneshot("asker")];
  const checks = [check(transport === "tcp" ? "talker" : "asker", 9, { transport })];
  return stage(checks, { probers, clock, scene: { port: () => port, noRoute } });
}

it.each([
  ["a connection request", "tcp", drops],
  ["a request", "tcp", silent],
  ["a datagram", "udp", silent],
] as const)("silence to %s is our own side's once the route is gone", async (_, transport, port) => {
  const { results } = await withLostRoute(transport, port);
  expect(results[0]).toMatchObject({
    verdict: { state: "unknown", reason: "no-route", service: "unchecked" },
    outcome: "error",
    detail: "not decided: this host lost its route to the address while it asked",
  });
});

it("what was answered before stays answered", async () => {
  const { results } = await withLostRoute("tcp", refuses());
  expect(results[0]).toMatchObject({ verdict: { state: "closed", reason: "conn-refused" } });
});

it("of a range only the silent ports are our own side's", async () => {
  const clock = new HeldClock();
  const noRoute: string[] = [];
  const codeOf = (reason: (typeof REASONS)[number]) => REASONS.indexOf(reason) + 1;
  const sweeper = {
    async sweep(): Promise<SweepSeen> {
      noRoute.push(TARGET);
      const codes = Uint8Array.of(codeOf("conn-refused"), codeOf("no-response"), codeOf("no-response"));
      return { codes, offenderOf: new Uint16Array(3), offenders: [], errorQueue: true, sent: 3 };
    },
  };
  const scene = { port: () => drops, noRoute };
  const { results } = await stage([range(100, 102)], { probers: [sweep], clock, scene, sweeper });
  expect(results[0]).toMatchObject({
    verdict: { state: "mixed", reason: "no-route" },
    outcome: "error",
    range: {
      groups: [
        { state: "closed", ports: [100] },
        { state: "unknown", reason: "no-route", ports: [101, 102] },
      ],
    },
  });
});
