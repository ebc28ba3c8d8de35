/**
 * One run that has everything a renderer must show: every outcome, a mixed range, a lead, a canary, skipped rows, an
 * any-of group, two addresses of one host (IPv4 and IPv6), a caution, findings, warnings and text of a hostile peer.
 */
import type { RunReport } from "../../src/model/result.ts";
import { CANARY, DAYTIME, HOST, MAPPER, PLAN } from "./sample-plan.ts";
import { IPV4, IPV6, ipv4Results, ipv6Results, result, verdict } from "./sample-results.ts";

export const TOOL = { name: "unity-probe", version: "0.1.0" } as const;

const RUN: Omit<RunReport, "results" | "summary" | "optional" | "exitCode"> = {
  plan: PLAN,
  startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 6083.4,
  source: { host: "unity2.example.com", role: "unity-secondary" },
  findings: [
    {
      check: MAPPER.id,
      host: HOST,
      text: "the server announces 49152 (DRSUAPI), which the profile's range 5000-5020 does not let through",
    },
  ],
};

const NONE = { pass: 0, fail: 0, inconclusive: 0, skipped: 0, error: 0, planned: 0 };

/** Both addresses. The results stand in the order in which they might have ended, not in that of the plan. */
export function sampleRun(): RunReport {
  return {
    ...RUN,
    results: [...ipv6Results(), ...ipv4Results()],
    summary: { ...NONE, pass: 10, fail: 5, skipped: 4, error: 1 },
    optional: { ...NONE, fail: 2, inconclusive: 2 },
    exitCode: 1,
  };
}

/** The IPv4 address alone: one target, a list. */
export function oneTarget(): RunReport {
  return {
    ...RUN,
    results: ipv4Results(),
    summary: { ...NONE, pass: 4, fail: 4, skipped: 2 },
    optional: { ...NONE, fail: 1, inconclusive: 1 },
    exitCode: 1,
  };
}

/** The name has an IPv6 address too, but there is no way there from here. */
export function noIpv6Route(): RunReport {
  const notAsked = PLAN.checks.map((check) => {
    const why = check.skip?.why ?? `this host has no IPv6 route to ${IPV6}`;
    const { source: _source, ...rest } = result(check, IPV6, { outcome: "skipped", detail: why });
    return { ...rest, skipped: { why, deliberate: true } };
  });
  const asked = oneTarget();
  return {
    ...asked,
    results: [...asked.results, ...notAsked],
    summary: { ...asked.summary, skipped: 12 },
    optional: { ...asked.optional, skipped: 1 },
  };
}

/** The same on several hosts: more columns than a terminal takes. The last lies behind another firewall. */
export function manyHosts(count: number): RunReport {
  const hosts = Array.from({ length: count }, (_, at) => ({
    host: `dc0${at + 1}.example.com`,
    address: `10.20.${at + 1}.10`,
  }));
  const results = hosts.flatMap(({ host, address }, at) =>
    ipv4Results().map((one) => ({
      ...one,
      check: { ...one.check, host, address },
      detail: at + 1 < count ? one.detail : one.detail.replace("10.10.4.1", "10.10.4.2"),
    })),
  );
  const checks = hosts.flatMap(({ host }) => PLAN.checks.map((one) => ({ ...one, host })));
  return {
    ...oneTarget(),
    plan: { ...PLAN, checks },
    results,
    summary: { ...NONE, pass: 4 * count, fail: 4 * count, skipped: 2 * count },
    optional: { ...NONE, fail: count, inconclusive: count },
  };
}

/** A name without address, and nothing else: every row is an error. */
export function noSuchName(): RunReport {
  const rows = PLAN.checks.filter(({ purpose, skip }) => purpose === "row" && skip === undefined);
  const results = rows.map((one) => {
    const error = result(one, "", {
      outcome: "error",
      detail: `the name ${HOST} has no address`,
      verdict: verdict("unknown", "name-not-found", "unchecked"),
      attempts: 0,
    });
    const { address: _address, ...unresolved } = error.check;
    const { source: _source, ...rest } = error;
    return { ...rest, check: unresolved };
  });
  return {
    ...RUN,
    findings: [],
    results,
    summary: { ...NONE, error: 7, inconclusive: 1 },
    optional: { ...NONE, error: 1 },
    exitCode: 3,
  };
}

/** Something on the way accepts every port: the canary says so. */
export function lyingNetwork(): RunReport {
  const liar = { state: "open", reason: "accept-unreliable", service: "unchecked" } as const;
  const results = [DAYTIME, CANARY].map((one) =>
    result(one, IPV4, {
      outcome: "inconclusive",
      detail: "accepted, but something on the way accepts every port for this host: proves nothing",
      verdict: liar,
    }),
  );
  return {
    ...RUN,
    findings: [
      {
        check: CANARY.id,
        host: HOST,
        text: `${IPV4} accepts TCP connections on ports that no row lists (43121): a bare accept proves nothing here`,
      },
    ],
    results,
    summary: { ...NONE, inconclusive: 1 },
    optional: NONE,
    exitCode: 3,
  };
}
