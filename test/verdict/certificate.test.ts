import { describe, expect, it } from "vitest";
import type { Evidence } from "../../src/model/evidence.ts";
import type { TlsSeen } from "../../src/model/observation.ts";
import { certificateFaults } from "../../src/verdict/certificate.ts";

const NOW_MS = Date.parse("2026-11-21T06:30:00.000Z");
const DAY_MS = 86_400_000;

/** The date so many days from now. */
const inDays = (days: number) => new Date(NOW_MS + days * DAY_MS).toISOString();

/** A handshake that nothing is wrong with, save what is said. */
function handshake(leaf: Evidence = {}, over: Partial<TlsSeen> = {}): TlsSeen {
  const good = {
    subject: "CN=dc01.lab.test",
    issuer: "O=Lab, CN=Lab CA",
    names: ["dc01.lab.test", "dc01"],
    notBefore: inDays(-100),
    notAfter: inDays(265),
  };
  return { version: "TLSv1.3", serverName: "dc01.lab.test", nameMatches: true, chain: [{ ...good, ...leaf }], ...over };
}

const faults = (leaf?: Evidence, over?: Partial<TlsSeen>) => certificateFaults(handshake(leaf, over), NOW_MS);

it("a good certificate has no faults", () => {
  expect(faults()).toEqual([]);
});

describe("dates", () => {
  it.each([
    [-12, "the certificate expired 12 days ago (2026-11-09)"],
    [-1, "the certificate expired 1 day ago (2026-11-20)"],
    [-0.01, "the certificate expired less than a day ago (2026-11-21)"],
    [0, "the certificate ends in less than a day (2026-11-21)"],
    [12.9, "the certificate ends in 12 days (2026-12-04)"],
    [30, "the certificate ends in 30 days (2026-12-21)"],
  ])("that ends in %d days", (days, fault) => {
    expect(faults({ notAfter: inDays(days) })).toEqual([fault]);
  });

  it("that ends in more than 30 days is nobody's worry", () => {
    expect(faults({ notAfter: inDays(30.001) })).toEqual([]);
  });

  it("that begins later", () => {
    expect(faults({ notBefore: inDays(3.5) })).toEqual([
      "the certificate is not valid yet: it begins in 3 days (2026-11-24)",
    ]);
  });

  it("that cannot be read say nothing", () => {
    expect(faults({ notBefore: "yesterday", notAfter: "never" })).toEqual([]);
  });
});

describe("an issuer that is not trusted", () => {
  const selfSigned = { verifyError: "DEPTH_ZERO_SELF_SIGNED_CERT" };
  const fault = "the certificate is not trusted here: DEPTH_ZERO_SELF_SIGNED_CERT, issued by O=Lab, CN=Lab CA";

  it("is named with the reason", () => {
    expect(faults({}, selfSigned)).toEqual([fault]);
  });

  it("is told beside dates and another name", () => {
    expect(faults({ notAfter: inDays(-1) }, { ...selfSigned, serverName: "dc02", nameMatches: false })).toEqual([
      "the certificate expired 1 day ago (2026-11-20)",
      fault,
      "the certificate bears another name: asked for dc02, it names dc01.lab.test, dc01",
    ]);
  });

  it("is not guessed where only the date is known to be wrong", () => {
    expect(faults({ notAfter: inDays(-1) }, { verifyError: "CERT_HAS_EXPIRED" })).toEqual([
      "the certificate expired 1 day ago (2026-11-20)",
    ]);
    expect(faults({ notBefore: inDays(1) }, { verifyError: "CERT_NOT_YET_VALID" })).toHaveLength(1);
  });

  it("may be another certificate of the chain that expired", () => {
    expect(faults({}, { verifyError: "CERT_HAS_EXPIRED" })).toEqual([
      "the certificate is not trusted here: CERT_HAS_EXPIRED, issued by O=Lab, CN=Lab CA",
    ]);
  });

  it("is told also where no certificate came", () => {
    expect(faults({}, { verifyError: "UNABLE_TO_GET_ISSUER_CERT", chain: [] })).toEqual([
      "the certificate is not trusted here: UNABLE_TO_GET_ISSUER_CERT, issued by nobody",
    ]);
  });
});

describe("another name", () => {
  const other = { serverName: "dc02.lab.test", nameMatches: false };

  it("is told with those that it bears, the first of many", () => {
    expect(faults({ names: ["a", "b", "c", "d", "e"] }, other)).toEqual([
      "the certificate bears another name: asked for dc02.lab.test, it names a, b, c and 2 more",
    ]);
  });

  it("is the subject where no other is borne, cut where it is too long to read", () => {
    const subject = `CN=${"x".repeat(500)}`;
    expect(faults({ names: [], subject }, other)).toEqual([
      `the certificate bears another name: asked for dc02.lab.test, it names ${subject.slice(0, 120)}…`,
    ]);
  });

  it("is not claimed where nobody compared", () => {
    expect(certificateFaults({ version: "TLSv1.3", chain: [{ names: ["a"] }] }, NOW_MS)).toEqual([]);
  });
});
