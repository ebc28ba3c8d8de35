/** Boxes on the way that answer in the far end's place: an accept, an echo or a replay is no proof, only the token is. */
import { expect, inject } from "vitest";
import { askWithFarEnd, ownAddress } from "./far-end-cli.ts";
import { farEndsOf } from "./far-ends.ts";
import { loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { endsAtMiddleBox, MIDDLE_BOX, startMiddleBox } from "./middle-box.ts";

const HOSTS: Readonly<Record<keyof typeof MIDDLE_BOX, number>> = {
  accepts: 161,
  closes: 162,
  echoes: 163,
  replays: 164,
};

const IN_ITS_PLACE = {
  tcp: "nothing arrived there, though a connection stood: something on the way accepts it in its place",
  udp: "nothing arrived there, though something came back: something on the way answers in its place",
} as const;

const ends = farEndsOf("box");

for (const does of ["accepts", "closes", "echoes", "replays"] as const) {
  for (const family of ["v4", "v6"] as const) {
    test(`a box that ${does} makes no row open over IP${family}`, async ({ lane }) => {
      const namespace = inject("lab").swept;
      const address = (await ownAddress(namespace, HOSTS[does] + (family === "v4" ? 0 : 4)))[family];
      const logFile = ends.file(`${does}-${family}.log`);
      await ends.respond({ namespace, address, logFile }, "--profile", "failover-secondary");
      ends.daemons.push(await startMiddleBox(lane, ends.file(`box-${does}-${family}.log`)));
      const transports = does === "echoes" ? (["tcp", "udp"] as const) : (["tcp"] as const);
      await loadFirewall(lane, endsAtMiddleBox(MIDDLE_BOX[does], transports));
      const target = ["--profile", "failover-secondary", "--host", address, "--expect", "path"];
      const { rows, exitCode } = await askWithFarEnd(lane, [
        ...target,
        "--responder",
        address,
        "--key-file",
        ends.keyFile,
      ]);
      const asked = rows.filter(({ outcome }) => outcome !== "skipped");
      expect([exitCode, asked.length]).toEqual([1, family === "v4" ? 15 : 12]);
      for (const { check, transport, outcome, reason, range, lost, detail } of asked) {
        const isAtBox = transport === "tcp" || does === "echoes";
        const way = range === undefined ? lost : Object.keys(range.lost ?? {})[0];
        expect([check, outcome, reason, way, range?.open ?? 0]).toEqual(
          isAtBox
            ? [check, "fail", "no-response", "request", 0]
            : [check, "pass", "responder-receipt", undefined, range === undefined ? 0 : 21],
        );
        const words = range === undefined ? IN_ITS_PLACE[transport] : "of these 21 were answered or accepted";
        if (isAtBox) expect([check, detail]).toEqual([check, expect.stringContaining(words)]);
      }
    });
  }
}

test("a box that takes the control channel too is no responder, and proves nothing", async ({ lane }) => {
  const namespace = inject("lab").swept;
  const address = (await ownAddress(namespace, 169)).v4;
  const logFile = ends.file("control.log");
  await ends.respond({ namespace, address, logFile }, "--profile", "failover-secondary");
  ends.daemons.push(await startMiddleBox(lane, ends.file("box-control.log")));
  await loadFirewall(lane, endsAtMiddleBox(MIDDLE_BOX.accepts, ["tcp"], "all"));
  const target = ["--profile", "failover-secondary", "--host", address, "--expect", "path"];
  const { rows, document } = await askWithFarEnd(lane, [...target, "--responder", address, "--key-file", ends.keyFile]);
  const overTcp = rows.filter(({ transport }) => transport === "tcp");
  expect(overTcp).toHaveLength(8);
  expect(overTcp.filter(({ outcome }) => outcome === "pass").map(({ check, detail }) => [check, detail])).toEqual([]);
  expect(document.findings.map(({ text }) => text)).toContainEqual(expect.stringContaining("is no responder"));
});
