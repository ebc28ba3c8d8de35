/** TigerVNC, asked once a run; it locks out who connects often, and then its refusal is the proof. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { EMPTY, SSH_BANNER, UNITY } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import { connectionsTaken, FAILURES_BORNE, startTigervnc } from "./tigervnc.ts";

const CHECK = "vnc/tcp/5900";

let folder: string;
let tigervnc: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-tigervnc-"));
  tigervnc = await startTigervnc({ namespace: inject("lab").services, address: UNITY }, folder);
});

afterAll(async () => {
  await endDaemon(tigervnc);
  await rm(folder, { recursive: true });
});

test("is asked by one connection a run, and refuses the sixth", async ({ lane }) => {
  for (let run = 1; run <= FAILURES_BORNE; run++) {
    const asked = await askProfile(lane, "vnc-to-unity", UNITY.v4);
    expect(asked.exitCode).toBe(0);
    expect(asked.of(CHECK)).toMatchObject({
      state: "open",
      serviceState: "confirmed",
      outcome: "pass",
      attempts: 1,
      evidence: { version: "3.8" },
    });
    expect(await connectionsTaken(tigervnc)).toBe(run);
  }
  const asked = await askProfile(lane, "vnc-to-unity", UNITY.v4);
  expect(asked.exitCode).toBe(0);
  expect(asked.of(CHECK)).toMatchObject({
    state: "open",
    reason: "service-refusal",
    serviceState: "refused",
    outcome: "pass",
    evidence: { refusal: "Too many security failures" },
    warnings: ["the server has locked our address out: ask it no more for a while"],
  });
});

test("another protocol, and nobody, are no VNC server", async ({ lane }) => {
  // The stranger serves port 135 there.
  const foreign = await askRows(lane, ["{service: VNC, ports: [tcp/135], prober: vnc}"], SSH_BANNER.v4);
  expect(foreign.of("vnc/tcp/135")).toMatchObject({ state: "open", serviceState: "mismatch", outcome: "fail" });
  const nobody = await askProfile(lane, "vnc-to-unity", EMPTY.v4);
  expect(nobody.of(CHECK)).toMatchObject({ state: "closed", outcome: "fail" });
});
