/** LDAPS with what can be wrong about it: a warning with the facts, and a failure where TLS is taken strictly. */
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { ResultEntry } from "../../src/report/document.ts";
import { EXPIRED_LDAPS, type LdapsFront, MISNAMED_LDAPS, TLS_1_2_LDAPS, TRUSTED_LDAPS } from "./addresses.ts";
import { test } from "./lane.ts";
import type { Lane } from "./namespaces.ts";
import { probeWith } from "./probe.ts";
import { LDAPS } from "./rows.ts";

const TRUST = { NODE_EXTRA_CA_CERTS: join(import.meta.dirname, "../fixtures/tls/self-signed.pem") };

interface Asked {
  readonly ldaps: ResultEntry;
  readonly exitCode: number;
}

async function askLdaps(lane: Lane, { name }: LdapsFront, ...args: readonly string[]): Promise<Asked> {
  const { document, exitCode } = await probeWith(TRUST, lane, name, "--only", "tcp/636", ...args);
  return { ldaps: document.results.find(({ check }) => check === LDAPS.check)!, exitCode };
}

describe("without fault", () => {
  test.for([
    { front: TRUSTED_LDAPS, tlsVersion: "TLSv1.3" },
    { front: TLS_1_2_LDAPS, tlsVersion: "TLSv1.2" },
  ])("$tlsVersion", async ({ front, tlsVersion }, { lane }) => {
    const { ldaps, exitCode } = await askLdaps(lane, front, "--strict-tls");
    expect(ldaps).toMatchObject({ outcome: "pass", serviceState: "confirmed", warnings: [], evidence: { tlsVersion } });
    expect(exitCode).toBe(0);
  });
});

describe("with a fault", () => {
  const FAULTS = [
    {
      what: "another name",
      front: MISNAMED_LDAPS,
      warning: /the certificate bears another name: asked for dc02\.example\.com, it names dc01\.example\.com/,
    },
    { what: "expired", front: EXPIRED_LDAPS, warning: /the certificate expired \d+ days ago \(2011-01-01\)/ },
  ];

  test.for(FAULTS)("$what: a warning", async ({ front, warning }, { lane }) => {
    const { ldaps, exitCode } = await askLdaps(lane, front);
    expect(ldaps).toMatchObject({ outcome: "pass", serviceState: "confirmed" });
    expect(ldaps.warnings).toEqual([expect.stringMatching(warning)]);
    expect(exitCode).toBe(0);
  });

  test.for(FAULTS)("$what: a failure under --strict-tls", async ({ front, warning }, { lane }) => {
    const { ldaps, exitCode } = await askLdaps(lane, front, "--strict-tls");
    expect(ldaps).toMatchObject({ outcome: "fail", state: "open", serviceState: "confirmed" });
    expect(ldaps.detail).toMatch(new RegExp(`^strict TLS: ${warning.source}`));
    expect(exitCode).toBe(1);
  });
});
