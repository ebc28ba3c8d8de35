/** Checks and sightings for tests of the verdict layer: small builders, everything overridable. */
import type { Check, Row } from "../../src/model/check.ts";
import type { Observation, PortGroup } from "../../src/model/observation.ts";
import { onePort } from "../../src/model/ports.ts";
import type { CheckSeen } from "../../src/model/result.ts";
import { verdictOfRange } from "../../src/verdict/range.ts";
import { judge } from "../../src/verdict/state.ts";

export const TARGET = "192.0.2.10";
export const ROUTER = "192.0.2.1";
export const OWN = "192.0.2.200";

/** Fields of a check, and of its row, that a test cares for. */
export type CheckOver = Omit<Partial<Check>, "row"> & { readonly row?: Partial<Row> };

export function check(over: CheckOver = {}): Check {
  const transport = over.transport ?? "tcp";
  return {
    id: "service/tcp/389",
    host: "dc01",
    address: TARGET,
    transport,
    ports: [onePort(389)],
    portsText: "389",
    direction: "out",
    prober: "ldap-bind",
    params: {},
    expect: "service",
    silence: "fail",
    purpose: "row",
    ...over,
    row: { profile: "p", service: "Service", required: true, ...over.row },
  };
}

/** A socket's life; by default a TCP connection that was accepted and stayed silent. */
export function observed(over: Partial<Observation> = {}): Observation {
  return {
    remote: { transport: "tcp", address: TARGET, port: 389 },
    local: { transport: "tcp", address: OWN, port: 40_000 },
    phase: "exchange",
    startedMs: 0,
    connectedMs: 1,
    sentMs: [1],
    endedMs: 5_000,
    errorQueue: true,
    ...over,
  };
}

/** The same without an accept. */
export function unconnected(over: Partial<Observation> = {}): Observation {
  const { connectedMs: _connectedMs, ...rest } = observed();
  return { ...rest, phase: "connect", sentMs: [], ...over };
}

export function udp(over: Partial<Observation> = {}): Observation {
  return unconnected({
    remote: { transport: "udp", address: TARGET, port: 123 },
    phase: "exchange",
    sentMs: [0, 2000],
    ...over,
  });
}

/** A check that came to an end, judged by its observation. */
export function seen(
  over: Partial<CheckSeen> & { readonly check?: Check; readonly observation?: Observation } = {},
): CheckSeen {
  const { observation = observed(), ...rest } = over;
  return {
    check: check(),
    observations: [observation],
    verdict: judge([observation], rest.reading),
    attempts: 1,
    errorQueue: observation.errorQueue,
    durationMs: 10,
    timeoutMs: 5_000,
    warnings: [],
    ...rest,
  };
}

/** A range that came to an end. */
export function ranged(groups: readonly PortGroup[], over: Partial<CheckSeen> = {}): CheckSeen {
  const tested = groups.reduce((sum, group) => sum + group.ports.length, 0);
  const range = { total: tested, tested, groups };
  const errorQueue = over.errorQueue ?? true;
  const verdict = verdictOfRange(range, errorQueue);
  return { ...seen({ observations: [], range, errorQueue, ...(verdict && { verdict }) }), ...over };
}

export const ANSWERED = { service: "confirmed", detail: "it answered", evidence: {} } as const;
