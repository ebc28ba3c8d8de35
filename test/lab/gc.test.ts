/** Samba as a global catalog: 3268, and 3269 inside TLS. */
import { describe, expect } from "vitest";
import { DC, SSH_BANNER } from "./addresses.ts";
import { askProfile, askRows } from "./ask-profile.ts";
import { test } from "./lane.ts";

const CATALOG_ROWS = ["--only", "tcp/3268", "--only", "tcp/3269"];

describe.each(["v4", "v6"] as const)("over IP%s", (family) => {
  test("both ports say that the global catalog is ready", async ({ lane }) => {
    const asked = await askProfile(lane, "exchange-to-gc", DC[family], CATALOG_ROWS);
    expect(asked.exitCode).toBe(0);
    for (const check of ["ldap/tcp/3268", "ldap-over-ssl/tcp/3269"]) {
      const result = asked.of(check);
      expect(result).toMatchObject({
        state: "open",
        serviceState: "confirmed",
        outcome: "pass",
        evidence: { isGlobalCatalogReady: "TRUE", dnsHostName: "dc01.lab.test" },
      });
      expect(result.detail).toContain("global catalog ready");
    }
  });
});

test("Communicator Web Access asks for one too", async ({ lane }) => {
  const asked = await askProfile(lane, "ocs-cwa-to-gc", DC.v4);
  expect(asked.exitCode).toBe(0);
  expect(asked.of("ldap/tcp/3268").detail).toContain("global catalog ready");
});

test("another server is a mismatch", async ({ lane }) => {
  const rows = ["{service: LDAP, ports: [tcp/389], prober: ldap-bind, params: {gc: true}}"];
  const asked = await askRows(lane, rows, SSH_BANNER.v4);
  expect(asked.exitCode).toBe(1);
  expect(asked.of("ldap/tcp/389")).toMatchObject({ serviceState: "mismatch", outcome: "fail" });
});
