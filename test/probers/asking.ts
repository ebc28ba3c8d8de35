/** Asks one port as a run does: the real engine, the real network and the registry, without a profile. */
import { memoryLedger, openParts } from "../../src/cli/parts.ts";
import { run } from "../../src/engine/run.ts";
import type { Check, Tls } from "../../src/model/check.ts";
import type { Evidence } from "../../src/model/evidence.ts";
import { type Endpoint, onePort } from "../../src/model/ports.ts";
import type { World } from "../../src/model/prober.ts";
import type { CheckResult } from "../../src/model/result.ts";
import { loadProber } from "../../src/probers/index.ts";

/** One network for all: each would hold memory of its own for system calls. */
const shared = await openParts();

export interface Asking {
  readonly prober: string;
  readonly params?: Evidence;
  readonly tls?: Tls;
  readonly timeoutMs?: number;
  /** What differs from the machine's own clock and chance. */
  readonly world?: Partial<World>;
}

/** The result of the port, and behind it those of the endpoints that its reply announced. */
export async function askAll(to: Endpoint, asking: Asking): Promise<readonly CheckResult[]> {
  const { silence } = await loadProber(asking.prober);
  const check: Check = {
    id: `service/${to.transport}/${to.port}`,
    row: { profile: "p", service: "Service", required: true },
    host: to.address,
    address: to.address,
    transport: to.transport,
    ports: [onePort(to.port)],
    portsText: `${to.port}`,
    direction: "out",
    prober: asking.prober,
    params: asking.params ?? {},
    expect: "service",
    silence,
    purpose: "row",
    ...(asking.tls === undefined ? {} : { tls: asking.tls }),
  };
  const plan = { profiles: [{ id: "p", title: "P", from: "here", to: "there" }], checks: [check] };
  const options = {
    concurrency: 64,
    ratePerS: 2_000,
    anyAddress: false,
    strict: false,
    force: false,
    ...(asking.timeoutMs === undefined ? {} : { timeoutMs: asking.timeoutMs }),
  };
  const parts = { ...shared, world: { ...shared.world, ...asking.world }, ledger: memoryLedger() };
  const report = await run(plan, parts, options, { host: "here" }, new AbortController().signal);
  return report.results;
}

/** The result of the port alone. */
export async function ask(to: Endpoint, asking: Asking): Promise<CheckResult> {
  const [result] = await askAll(to, asking);
  return result!;
}
