/**
 * SQL Server Browser, UDP 1434 (MC-SQLR): on which port does an instance listen? The port becomes a lead, because named
 * instances take another one at each start unless somebody nailed it down, and a firewall is seldom told.
 */
import type { Lead, Oneshot, Reading } from "../model/prober.ts";
import { decodeInstanceResponse, encodeInstanceRequest, type SqlInstance } from "../wire/sql-browser.ts";

/** What an instance without a name of its own is called. */
const DEFAULT_INSTANCE = "MSSQLSERVER";

interface Params {
  readonly instance?: string;
}

export const sqlBrowser: Oneshot<Params> = {
  kind: "oneshot",
  id: "sql-browser",
  transports: ["udp"],
  silence: "inconclusive",
  schedule: { sendsAtMs: [0, 500, 1_500, 3_500], giveUpMs: 5_500, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {
    instance: {
      type: "string",
      about: `Name of the instance; without it ${DEFAULT_INSTANCE}, the default one.`,
      maxLength: 16,
      example: DEFAULT_INSTANCE,
    },
  },
  about: {
    protocol: "SQL Server Browser",
    title: "SQL Server Browser, one instance",
    sends:
      "CLNT_UCAST_INST: one byte 04 and the instance's name. Never the request for all instances, whose answer is up to 440 times as long, nor a broadcast.",
    accepts:
      "SVR_RESP with its right size about the instance of this name. The request bears no id, so only address and port tie the answer to it.",
    proves:
      "SQL Server Browser answered, and the instance's version and ways in. Its TCP port is then asked by a TDS pre-login. Silence is what a browser without such an instance answers too, and SQL Server works without a browser.",
    triggers: "Intrusion detection watches this port since the worm of 2003; that worm's byte is never sent.",
    specification: ["MC-SQLR sections 2.2.3, 2.2.5 and 3.2.5"],
  },
  start({ instance = DEFAULT_INSTANCE }) {
    const request = encodeInstanceRequest(instance);
    return {
      request: () => request,
      read(bytes) {
        const found = decodeInstanceResponse(bytes);
        if (found.instanceName.toUpperCase() !== instance.toUpperCase()) return {};
        return { final: readingOf(found) };
      },
    };
  },
};

function readingOf(found: SqlInstance): Reading {
  const { serverName, instanceName, isClustered, version, tcpPort, pipe } = found;
  const at = tcpPort === undefined ? "not over TCP" : `at TCP ${tcpPort}`;
  return {
    service: "confirmed",
    detail: `${instanceName} ${version} on ${serverName}, ${at}`,
    evidence: {
      serverName,
      instanceName,
      isClustered,
      version,
      ...(tcpPort === undefined ? {} : { tcpPort }),
      ...(pipe === undefined ? {} : { pipe }),
      spoofResistance: "port only",
    },
    ...(tcpPort === undefined
      ? { warnings: [`${instanceName} announces no TCP port`] }
      : { leads: [leadTo(instanceName, tcpPort)] }),
  };
}

/** The default instance is not asked for by name: a server may know it by another. */
function leadTo(instanceName: string, port: number): Lead {
  const isDefault = instanceName.toUpperCase() === DEFAULT_INSTANCE;
  return {
    transport: "tcp",
    port,
    prober: "mssql",
    params: isDefault ? {} : { instance: instanceName },
    service: `SQL Server ${instanceName}`,
    why: "announced by SQL Server Browser",
  };
}
