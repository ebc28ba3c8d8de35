/** RDP by its negotiation and certificate, and what T.120's request gets from the same server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { EMPTY, SILENT, SSH_BANNER, UNITY } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon } from "./command.ts";
import { test } from "./lane.ts";
import { dissected } from "./tshark.ts";
import { startXrdp } from "./xrdp.ts";

const RDP = ["--with", "rdp", "--only", "tcp/3389"];
const CHECK = "wts-or-rdp/tcp/3389";

let folder: string;
let xrdp: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-xrdp-"));
  xrdp = await startXrdp({ namespace: inject("lab").services, address: UNITY }, folder);
});

afterAll(async () => {
  await endDaemon(xrdp);
  await rm(folder, { recursive: true });
});

describe("the row for RDP of admin-to-unity", () => {
  test("is proven by xrdp, and shows its certificate", async ({ lane }) => {
    const asked = await askProfile(lane, "admin-to-unity", UNITY.v4, RDP);
    expect(asked.exitCode).toBe(0);
    expect(asked.of(CHECK)).toMatchObject({
      state: "open",
      reason: "protocol-reply",
      serviceState: "confirmed",
      outcome: "pass",
      attempts: 1,
      evidence: {
        negotiation: "response",
        security: "TLS",
        tlsVersion: "TLSv1.3",
        certificateSubject: expect.stringContaining("CN="),
      },
      warnings: expect.arrayContaining([expect.stringContaining("the certificate is not trusted here")]),
    });
  });

  test("fails where nobody listens", async ({ lane }) => {
    const asked = await askProfile(lane, "admin-to-unity", EMPTY.v4, RDP);
    expect(asked.exitCode).toBe(1);
    expect(asked.of(CHECK)).toMatchObject({ state: "closed", reason: "conn-refused", outcome: "fail" });
  });
});

describe("the request of T.120", () => {
  test("is confirmed by xrdp, which does not give the reference back", async ({ lane }) => {
    const asked = await askRows(lane, ["{service: T120, ports: [tcp/3389], prober: x224}"], UNITY.v4);
    expect(asked.exitCode).toBe(0);
    expect(asked.of("t120/tcp/3389")).toMatchObject({
      serviceState: "confirmed",
      evidence: { referenceEchoed: false },
    });
  });

  // The stranger serves port 135 on both addresses.
  test("finds another protocol, and silence", async ({ lane }) => {
    const row = "{service: T120, ports: [tcp/135], prober: x224}";
    const foreign = await askRows(lane, [row], SSH_BANNER.v4);
    expect(foreign.of("t120/tcp/135")).toMatchObject({ state: "open", serviceState: "mismatch", outcome: "fail" });
    const silent = await askRows(lane, [row], SILENT.v4, ["--timeout", "1s"]);
    expect(silent.of("t120/tcp/135")).toMatchObject({ state: "open", serviceState: "silent", outcome: "fail" });
  });
});

test("tshark finds no fault in either request", async ({ lane }) => {
  const rows = [
    "{service: RDP, ports: [tcp/3389], prober: x224, params: {rdp: true}}",
    "{service: T120, ports: [tcp/3389], prober: x224}",
  ];
  const { frames, faults } = await dissected(lane, "cotp && tcp.dstport == 3389", 2, () =>
    askRows(lane, rows, UNITY.v4, ["--force"]),
  );
  expect(frames).toHaveLength(2);
  expect(faults).toEqual([]);
});
