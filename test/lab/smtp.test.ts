/** exim, asked by the shipped profile: greeted, secured and left, or turning everybody away. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { DC, EMPTY, SILENT, SSH_BANNER } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { type Daemon, endDaemon, runOk } from "./command.ts";
import { REFUSING_PORT, startExim } from "./exim.ts";
import { test } from "./lane.ts";
import { dissected } from "./tshark.ts";

let folder: string;
let exim: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-smtp-"));
  exim = await startExim({ namespace: inject("lab").dc, address: DC }, folder);
});

afterAll(async () => {
  await endDaemon(exim);
  await rm(folder, { recursive: true, force: true });
});

describe.each(["v4", "v6"] as const)("over IP%s", (family) => {
  test("STARTTLS shows the certificate, whose faults are warnings", async ({ lane }) => {
    const asked = await askProfile(lane, "exchange-to-voicemail", DC[family]);
    expect(asked.exitCode).toBe(0);
    const result = asked.of("smtp/tcp/25");
    expect(result).toMatchObject({
      state: "open",
      reason: "protocol-reply",
      serviceState: "confirmed",
      outcome: "pass",
      evidence: { hostName: "mail.lab.test", startTls: true, extensions: expect.arrayContaining(["STARTTLS", "SIZE"]) },
    });
    expect(result.detail).toContain("mail.lab.test, ESMTP; STARTTLS: TLSv1.3");
    expect(result.warnings).toContainEqual(expect.stringContaining("the certificate"));
  });

  test("a banner that turns everybody away is a refusal", async ({ lane }) => {
    const rows = [`{service: SMTP, ports: [tcp/${REFUSING_PORT}], prober: smtp}`];
    const asked = await askRows(lane, rows, DC[family]);
    expect(asked.exitCode).toBe(0);
    const result = asked.of(`smtp/tcp/${REFUSING_PORT}`);
    expect(result).toMatchObject({ serviceState: "refused", outcome: "pass", evidence: { code: 550 } });
  });
});

test("exim has nothing to complain about", async ({ lane }) => {
  for (let times = 0; times < 3; times++) await askProfile(lane, "exchange-to-voicemail", DC.v4);
  const log = await runOk(["cat", `${folder}/exim/mainlog`]);
  expect(log).not.toMatch(/synchronization|lost|unexpected|dropped|error/i);
});

test("a row that wants strict TLS fails by the certificate", async ({ lane }) => {
  const rows = ["{service: SMTP, ports: [tcp/25], prober: smtp, params: {startTls: true}, tls: {strict: true}}"];
  const asked = await askRows(lane, rows, DC.v4);
  expect(asked.exitCode).toBe(1);
  expect(asked.of("smtp/tcp/25")).toMatchObject({ outcome: "fail", detail: expect.stringContaining("strict TLS") });
});

test("tshark finds no fault in what is sent", async ({ lane }) => {
  const commands = `ip.dst == ${DC.v4} && smtp.req`;
  const { frames, faults } = await dissected(lane, commands, 2, () => askProfile(lane, "exchange-to-voicemail", DC.v4));
  expect(frames).toEqual([
    expect.stringMatching(/SMTP .*C: EHLO \[10\.77\.\d+\.2\]/),
    expect.stringMatching(/SMTP .*C: STARTTLS/),
  ]);
  expect(faults).toEqual([]);
});

describe("where there is no mail server", () => {
  test.for([
    { what: "nobody", host: EMPTY.v4, port: 25, seen: { state: "closed", outcome: "fail" } },
    { what: "somebody who speaks first", host: SSH_BANNER.v4, port: 389, seen: { serviceState: "mismatch" } },
  ])("but $what", async ({ host, port, seen }, { lane }) => {
    const asked = await askRows(lane, [`{service: SMTP, ports: [tcp/${port}], prober: smtp}`], host);
    expect(asked.exitCode).toBe(1);
    expect(asked.of(`smtp/tcp/${port}`)).toMatchObject(seen);
  });

  test("but somebody who accepts and says nothing: it is waited for, and never talked to", async ({ lane }) => {
    const rows = ["{service: SMTP, ports: [tcp/389], prober: smtp}"];
    const asked = await askRows(lane, rows, SILENT.v4);
    const result = asked.of("smtp/tcp/389");
    expect(result).toMatchObject({ state: "open", serviceState: "silent", outcome: "fail" });
    expect(result.durationMs).toBeGreaterThan(15_000);
  });
});
