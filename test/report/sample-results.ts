/** The results behind the sample run, for two addresses of one host. */
import type { Check } from "../../src/model/check.ts";
import type { Icmp, Observation } from "../../src/model/observation.ts";
import type { CheckResult, Verdict } from "../../src/model/result.ts";
import {
  CANARY,
  DAYTIME,
  DCOM,
  KERBEROS_TCP,
  KERBEROS_UDP,
  KPASSWD,
  LDAPS,
  LEAD,
  MAPPER,
  MEDIA,
  NETBIOS,
  NTP,
  OFF,
  SMTP,
} from "./sample-plan.ts";

export const IPV4 = "10.20.1.10";
export const IPV6 = "2001:db8:0:1::10";
const FIREWALL: Icmp = { type: 3, code: 13, from: "10.10.4.1" };

/** An escape sequence, a bell, a C1 control, a bidirectional override and a line break, as a peer may send them. */
export const HOSTILE = "\u001b[2J\u0007\u009b31mPASS\u202e\r\nSSAP\ufeff";

function observed(one: Check, address: string, more: Partial<Observation>): Observation {
  return {
    remote: { transport: one.transport, address, port: one.ports[0]!.first },
    phase: "done",
    startedMs: 1000,
    sentMs: [],
    endedMs: 1010,
    errorQueue: true,
    ...more,
  };
}

export function verdict(state: Verdict["state"], reason: Verdict["reason"], service: Verdict["service"]): Verdict {
  return { state, reason, service };
}

type More = Partial<CheckResult> & Pick<CheckResult, "outcome" | "detail">;

export function result(one: Check, address: string, more: More): CheckResult {
  return {
    check: { ...one, address },
    observations: [],
    source: address.includes(":") ? "2001:db8:0:4::7" : "10.10.4.7",
    attempts: more.verdict === undefined ? 0 : 1,
    errorQueue: true,
    durationMs: 10.26,
    timeoutMs: 6000,
    warnings: [],
    required: one.row.required && one.row.group === undefined && one.purpose === "row",
    ...more,
  };
}

/** What both addresses of the host gave alike. */
function sharedResults(at: string): readonly CheckResult[] {
  return [
    result(KERBEROS_TCP, at, {
      outcome: "pass",
      detail: "KRB-ERROR 6 principal unknown, clock +0.02 s",
      verdict: verdict("open", "service-refusal", "refused"),
      reading: { service: "refused", detail: "", evidence: { error: 6, errorName: "C_PRINCIPAL_UNKNOWN" } },
      observations: [observed(KERBEROS_TCP, at, { connectedMs: 1001.1, sentMs: [1001.2], repliedMs: 1003.16 })],
    }),
    result(LDAPS, at, {
      outcome: "pass",
      detail: "bind ok, DC=example,DC=com, TLS 1.2",
      verdict: verdict("open", "protocol-reply", "confirmed"),
      reading: {
        service: "confirmed",
        detail: "",
        evidence: { dnsHostName: "dc01.example.com", versions: [2, 3], tls: true, site: null },
      },
      observations: [observed(LDAPS, at, { connectedMs: 1001, sentMs: [1004], repliedMs: 1416.4 })],
      warnings: [
        "the certificate ends in 12 days",
        "the certificate is not trusted here: UNABLE_TO_VERIFY_LEAF_SIGNATURE, issued by Example Domain CA",
      ],
    }),
    result(NETBIOS, at, {
      outcome: "inconclusive",
      required: false,
      detail: "never answered by design: needs a responder (open|filtered)",
      verdict: verdict("open|filtered", "no-response", "silent"),
      observations: [observed(NETBIOS, at, { sentMs: [1000, 1500, 2000], endedMs: 2500 })],
      durationMs: 1500,
    }),
    result(SMTP, at, {
      outcome: "fail",
      detail: `another protocol answered: "${HOSTILE}"`,
      verdict: verdict("open", "mismatch", "mismatch"),
      reading: { service: "mismatch", detail: "", evidence: { banner: HOSTILE } },
      observations: [
        observed(SMTP, at, {
          connectedMs: 1000.42,
          repliedMs: 1002,
          firstBytes: new TextEncoder().encode(HOSTILE),
        }),
      ],
    }),
    result(MAPPER, at, {
      outcome: "pass",
      detail: "12 endpoints, announces tcp/49152 DRSUAPI",
      verdict: verdict("open", "protocol-reply", "confirmed"),
      reading: { service: "confirmed", detail: "", evidence: { endpoints: 12 } },
      observations: [observed(MAPPER, at, { connectedMs: 1001, sentMs: [1001, 1003], repliedMs: 1002.4 })],
    }),
    result(LEAD, at, {
      outcome: "fail",
      required: false,
      detail: "no answer to the connection request in 6 s",
      verdict: verdict("filtered", "no-response", "unchecked"),
      attempts: 2,
      durationMs: 6000,
    }),
    result(MEDIA, at, {
      outcome: "skipped",
      detail: "could disturb a live call",
      skipped: { why: "could disturb a live call", deliberate: false },
    }),
    result(OFF, at, {
      outcome: "skipped",
      detail: "left out by --skip",
      skipped: { why: "left out by --skip", deliberate: true },
    }),
    result(NTP, at, {
      outcome: "fail",
      detail: "no answer to 3 requests in 6 s (open|filtered)",
      verdict: verdict("open|filtered", "no-response", "silent"),
      observations: [observed(NTP, at, { sentMs: [1000, 2000, 4000], endedMs: 7000 })],
    }),
    result(DAYTIME, at, {
      outcome: "pass",
      detail: "accepts; the service was not asked",
      verdict: verdict("open", "syn-ack", "unchecked"),
      observations: [observed(DAYTIME, at, { connectedMs: 1000.42 })],
    }),
    result(CANARY, at, {
      outcome: "pass",
      required: false,
      detail: "closed: connection refused",
      verdict: verdict("closed", "conn-refused", "unchecked"),
    }),
  ];
}

/** The IPv4 address lies behind a firewall. */
export function ipv4Results(): readonly CheckResult[] {
  return [
    ...sharedResults(IPV4),
    result(KERBEROS_UDP, IPV4, {
      outcome: "fail",
      detail: "no answer to 3 requests in 6 s; tcp/88 answers: a UDP rule is missing?",
      verdict: verdict("open|filtered", "no-response", "silent"),
      observations: [observed(KERBEROS_UDP, IPV4, { sentMs: [1000, 2000, 4000], endedMs: 7000 })],
      durationMs: 6000,
    }),
    result(KPASSWD, IPV4, {
      outcome: "fail",
      detail: "filtered: admin-prohibited by 10.10.4.1",
      verdict: { ...verdict("filtered", "admin-prohibited", "unchecked"), offender: FIREWALL },
      observations: [observed(KPASSWD, IPV4, { phase: "connect", code: "EHOSTUNREACH", icmp: FIREWALL })],
    }),
    result(DCOM, IPV4, {
      outcome: "fail",
      detail: "3 open (5000-5002), 16 closed, 2 filtered (5019-5020)",
      verdict: { ...verdict("mixed", "admin-prohibited", "unchecked"), offender: FIREWALL },
      range: {
        total: 21,
        tested: 21,
        groups: [
          { state: "open", reason: "syn-ack", ports: [5000, 5001, 5002] },
          { state: "closed", reason: "conn-refused", ports: Array.from({ length: 16 }, (_, at) => 5003 + at) },
          { state: "filtered", reason: "admin-prohibited", offender: FIREWALL, ports: [5020] },
          { state: "filtered", reason: "admin-prohibited", offender: FIREWALL, ports: [5019] },
        ],
      },
    }),
  ];
}

/** The IPv6 address is not reached over UDP at all, and our own side fails once. */
export function ipv6Results(): readonly CheckResult[] {
  return [
    ...sharedResults(IPV6),
    result(KERBEROS_UDP, IPV6, {
      outcome: "pass",
      detail: "KRB-ERROR 6 principal unknown; small datagram; fragments not tested",
      verdict: verdict("open", "service-refusal", "refused"),
      observations: [observed(KERBEROS_UDP, IPV6, { sentMs: [1000, 2000], repliedMs: 2000.44 })],
    }),
    result(KPASSWD, IPV6, {
      outcome: "error",
      detail: "not asked: this host ran out of resources (EMFILE)",
      verdict: verdict("unknown", "no-resources", "unchecked"),
    }),
    result(DCOM, IPV6, {
      outcome: "pass",
      detail: "0 open, 21 closed, 0 filtered",
      verdict: verdict("closed", "conn-refused", "unchecked"),
      range: {
        total: 21,
        tested: 8,
        groups: [{ state: "closed", reason: "conn-refused", ports: [5000, 5003, 5006, 5009, 5012, 5015, 5018, 5020] }],
        confidence: "8 of 21 asked, none blocked: at most 31 % blocked at 95 %",
      },
      warnings: ["closed may be a firewall's reject: without the ICMP error queue a refusal does not show who sent it"],
    }),
  ];
}
