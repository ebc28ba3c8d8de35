/** Asks one LDAP port as a run does: the real engine over the real network, and a secret for rows that name one. */
import { openParts, realWorld } from "../../src/cli/parts.ts";
import { run } from "../../src/engine/run.ts";
import type { Check, Tls } from "../../src/model/check.ts";
import type { Evidence } from "../../src/model/evidence.ts";
import type { Net } from "../../src/model/parts.ts";
import { type Endpoint, onePort } from "../../src/model/ports.ts";
import type { Connection, World } from "../../src/model/prober.ts";
import type { CheckResult } from "../../src/model/result.ts";

/** The name of the one secret there is. */
export const SECRET = "bind-password";
export const PASSWORD = "correct horse";

export interface Asking {
  readonly params?: Evidence;
  readonly tls?: Tls;
  readonly timeoutMs?: number;
  readonly password?: string;
  /** Whether the machine trusts the server's certificate; by default it does. */
  readonly trusts?: boolean;
}

/** Asks the port as a run does. */
export async function ask(to: Endpoint, asking: Asking): Promise<CheckResult> {
  const { params = {}, tls, timeoutMs = 5_000, password = PASSWORD, trusts = true } = asking;
  const check: Check = {
    id: "ldap/tcp/636",
    row: { profile: "p", service: "LDAP", required: true },
    host: to.address,
    address: to.address,
    transport: "tcp",
    ports: [onePort(to.port)],
    portsText: `${to.port}`,
    direction: "out",
    prober: "ldap-bind",
    params,
    expect: "service",
    silence: "fail",
    purpose: "row",
    ...(tls === undefined ? {} : { tls }),
  };
  const secret: World["secret"] = (name) =>
    name === SECRET ? { bytes: new TextEncoder().encode(password), version: "1" } : undefined;
  const world = { ...realWorld(), secret };
  const options = { concurrency: 1, ratePerS: 1, anyAddress: false, strict: false, force: false, timeoutMs };
  const plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [check] };
  const parts = await openParts(world, { over: (net) => (trusts ? trusting(net) : net) });
  try {
    return (await run(plan, parts, options, { host: "here" }, new AbortController().signal)).results[0]!;
  } finally {
    parts.close();
  }
}

/** The network of a machine that trusts whoever signed a certificate; names still count. */
function trusting(net: Net): Net {
  return {
    ...net,
    async tcp(to, how, signal) {
      const attempt = await net.tcp(to, how, signal);
      return attempt.connection === undefined ? attempt : { ...attempt, connection: trusted(attempt.connection) };
    },
  };
}

function trusted(connection: Connection): Connection {
  const without = (seen: Connection["tls"]) => {
    if (seen === undefined) return undefined;
    const { verifyError: _trusted, ...rest } = seen;
    return rest;
  };
  return {
    local: connection.local,
    get tls() {
      return without(connection.tls) as NonNullable<Connection["tls"]>;
    },
    send: (bytes) => connection.send(bytes),
    receive: (frameLength, capBytes) => connection.receive(frameLength, capBytes),
    pending: () => connection.pending(),
    startTls: async (tls) => without(await connection.startTls(tls)),
  };
}
