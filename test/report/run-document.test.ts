import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/model/observation.ts";
import type { CheckResult } from "../../src/model/result.ts";
import { resultEntry, runDocument } from "../../src/report/run-document.ts";
import { DAYTIME, DCOM, KERBEROS_TCP, KERBEROS_UDP, LDAPS, PLAN, SMTP } from "./sample-plan.ts";
import { IPV4, IPV6, result, verdict } from "./sample-results.ts";
import { oneTarget, sampleRun, TOOL } from "./sample-run.ts";

const OPEN = verdict("open", "protocol-reply", "confirmed");

function observation(more: Partial<Observation>): Observation {
  const remote = { transport: "udp", address: IPV4, port: 88 } as const;
  return { remote, phase: "done", startedMs: 1000, sentMs: [], endedMs: 9000, errorQueue: true, ...more };
}

function entry(more: Partial<CheckResult>, check = KERBEROS_UDP) {
  return resultEntry(result(check, IPV4, { outcome: "pass", detail: "", verdict: OPEN, ...more }), PLAN);
}

describe("the order of results", () => {
  it("is that of the plan, then of the addresses, with leads behind their row", () => {
    const order = runDocument(sampleRun(), TOOL).results.map(({ check, address }) => [check, address]);
    expect(order.slice(0, 4)).toEqual([
      ["kerberos/tcp/88", IPV4],
      ["kerberos/tcp/88", IPV6],
      ["kerberos/udp/88", IPV4],
      ["kerberos/udp/88", IPV6],
    ]);
    const mapper = order.findIndex(([check]) => check === "rpc-endpoint-mapper/tcp/135");
    expect(order.slice(mapper, mapper + 4)).toEqual([
      ["rpc-endpoint-mapper/tcp/135", IPV4],
      ["drsuapi/tcp/49152", IPV4],
      ["rpc-endpoint-mapper/tcp/135", IPV6],
      ["drsuapi/tcp/49152", IPV6],
    ]);
  });

  it("does not depend on the order in which results came", () => {
    const report = sampleRun();
    const backwards = { ...report, results: [...report.results].reverse() };
    expect(runDocument(backwards, TOOL)).toEqual(runDocument(report, TOOL));
  });

  it("counts octets as numbers", () => {
    const report = oneTarget();
    const results = ["10.0.0.10", "10.0.0.9"].map((address) =>
      result(DAYTIME, address, { outcome: "pass", detail: "", verdict: OPEN }),
    );
    const addresses = runDocument({ ...report, results }, TOOL).results.map(({ address }) => address);
    expect(addresses).toEqual(["10.0.0.9", "10.0.0.10"]);
  });
});

describe("rttMs", () => {
  it("is from the last send before the reply, to a tenth", () => {
    const seen = observation({ sentMs: [1000, 2000, 3000], repliedMs: 2012.345 });
    expect(entry({ observations: [seen] }).rttMs).toBe(12.3);
  });

  it("is the handshake where nothing was sent", () => {
    const banner = observation({ connectedMs: 1004.21, repliedMs: 1900 });
    expect(entry({ observations: [banner] }, SMTP).rttMs).toBe(4.2);
    expect(entry({ observations: [observation({ connectedMs: 1004.21 })] }, DAYTIME).rttMs).toBe(4.2);
  });

  it("is that of the attempt that was answered", () => {
    const lost = observation({ sentMs: [1000] });
    const answered = observation({ sentMs: [8000], repliedMs: 8003 });
    expect(entry({ observations: [lost, answered] }).rttMs).toBe(3);
  });

  it("is absent where nothing came back", () => {
    expect(entry({ observations: [observation({ sentMs: [1000] })] })).not.toHaveProperty("rttMs");
    expect(entry({ observations: [] })).not.toHaveProperty("rttMs");
  });
});

describe("firstTry", () => {
  it("holds where the first send was answered, even if the answer came late", () => {
    expect(entry({ observations: [observation({ sentMs: [1000], repliedMs: 5000 })] }).firstTry).toBe(true);
  });

  it("does not hold after a resend or a second attempt", () => {
    const resent = observation({ sentMs: [1000, 2000], repliedMs: 2003 });
    expect(entry({ observations: [resent] }).firstTry).toBe(false);
    expect(entry({ attempts: 2, observations: [observation({ sentMs: [1000], repliedMs: 1001 })] }).firstTry).toBe(
      false,
    );
  });

  it("is not spoiled by the turns of a TCP dialogue", () => {
    const turns = observation({ connectedMs: 1001, sentMs: [1001, 1002, 1003], repliedMs: 1002 });
    expect(entry({ observations: [turns] }, LDAPS).firstTry).toBe(true);
  });
});

describe("a check that was never sent", () => {
  const { verdict: _verdict, ...unsent } = result(KERBEROS_TCP, IPV4, { outcome: "skipped", detail: "no variable" });

  it("has no state, and no reason", () => {
    const skipped = { why: "no variable", deliberate: false };
    const got = resultEntry({ ...unsent, skipped }, PLAN);
    expect(got).toMatchObject({ state: null, serviceState: null, reason: null, attempts: 0, firstTry: false });
  });

  it("has a reason where it came too early", () => {
    const skipped = { why: "asked 3 s ago", deliberate: false, notDue: true };
    expect(resultEntry({ ...unsent, skipped }, PLAN)).toMatchObject({ state: null, reason: "not-due" });
  });
});

describe("evidence", () => {
  const observations = [observation({ firstBytes: Uint8Array.of(0x00, 0xff) })];

  it("bears the first bytes of what was not understood", () => {
    expect(entry({ observations }).evidence).toEqual({ firstBytes: "00ff" });
    const reading = { service: "mismatch", detail: "", evidence: { looksLike: "HTTP" } } as const;
    expect(entry({ observations, reading }).evidence).toEqual({ looksLike: "HTTP", firstBytes: "00ff" });
  });

  it("has no bytes beside what was understood", () => {
    const reading = { service: "confirmed", detail: "", evidence: { stratum: 2 } } as const;
    expect(entry({ observations, reading }).evidence).toEqual({ stratum: 2 });
  });
});

describe("evidence of TLS", () => {
  const chain = [
    { subject: "CN=dc01.example.com", daysLeft: 12 },
    { subject: "CN=Example CA", daysLeft: 900 },
  ];

  it("has the handshake and the peer's own certificate", () => {
    const tls = { version: "TLSv1.2", cipher: "ECDHE-RSA-AES256-GCM-SHA384", verifyError: "CERT_HAS_EXPIRED", chain };
    expect(entry({ observations: [observation({ tls })] }, LDAPS).evidence).toEqual({
      tlsVersion: "TLSv1.2",
      tlsCipher: "ECDHE-RSA-AES256-GCM-SHA384",
      tlsVerifyError: "CERT_HAS_EXPIRED",
      certificateSubject: "CN=dc01.example.com",
      certificateDaysLeft: 12,
    });
  });

  it("has the alert of a handshake that failed", () => {
    const tls = { alert: 116, chain: [] };
    expect(entry({ observations: [observation({ tls })] }, LDAPS).evidence).toEqual({ tlsAlert: 116 });
  });
});

describe("a range", () => {
  const sender = (from: string) => ({ type: 3, code: 13, from });

  it("counts ports by state and joins the ports of one offender", () => {
    const groups = [
      { state: "filtered", reason: "admin-prohibited", offender: sender("10.0.0.1"), ports: [5002] },
      { state: "filtered", reason: "host-unreach", offender: sender("10.0.0.2"), ports: [5009] },
      { state: "filtered", reason: "admin-prohibited", offender: sender("10.0.0.1"), ports: [5000, 5001] },
      { state: "open|filtered", reason: "no-response", ports: [5004] },
      { state: "unknown", reason: "no-resources", ports: [5005] },
    ] as const;
    expect(entry({ range: { total: 21, tested: 6, groups } }, DCOM).range).toEqual({
      total: 21,
      tested: 6,
      open: 0,
      closed: 0,
      filtered: 4,
      openFiltered: 1,
      unknown: 1,
      ports: { filtered: "5000-5002,5009", openFiltered: "5004" },
      offenders: [
        { address: "10.0.0.1", icmpType: 3, icmpCode: 13, ports: "5000-5002" },
        { address: "10.0.0.2", icmpType: 3, icmpCode: 13, ports: "5009" },
      ],
    });
  });

  it("names the ports that a responder held by what was lost", () => {
    const lost = { state: "filtered", reason: "no-response" } as const;
    const groups = [
      { state: "open", reason: "responder-receipt", ports: [5000] },
      { ...lost, lost: "request", ports: [5003, 5001, 5002] },
      { ...lost, reason: "conn-refused", lost: "request", ports: [5005] },
      { ...lost, lost: "reply", ports: [5004] },
    ] as const;
    const { range } = entry({ range: { total: 6, tested: 6, groups } }, DCOM);
    expect(range?.lost).toEqual({ request: "5001-5003,5005", reply: "5004" });
    expect(range?.ports).toEqual({ open: "5000", filtered: "5001-5005" });
  });
});

describe("with a far end", () => {
  it("a row says which way was lost, and how the far end sees us", () => {
    const verdict = { state: "filtered", reason: "no-response", service: "unchecked", lost: "reply" } as const;
    const farEnd = { local: "10.0.0.1", seenAs: "203.0.113.9" };
    const got = entry({ verdict, observations: [] }, { ...LDAPS, farEnd });
    expect(got).toMatchObject({ state: "filtered", lost: "reply", seenAs: "203.0.113.9" });
    expect(entry({ observations: [] }, LDAPS)).not.toHaveProperty("seenAs");
  });
});
