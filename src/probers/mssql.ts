/**
 * SQL Server by the pre-login of TDS (MS-TDS section 2.2.6.5): version, encryption, and whether it is the instance that
 * was meant. There is no log-on. A server that takes TDS 8.0 only wants TLS first, with an ALPN that is not offered
 * here: it closes, and stays undecided.
 */
import type { Oneshot, Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import {
  decodePrelogin,
  encodePrelogin,
  encryptionName,
  type Prelogin,
  preloginFrameLength,
  preloginOption,
  preloginRequest,
  preloginVersion,
  sqlServerName,
} from "../wire/tds.ts";

interface Params {
  readonly instance?: string;
}

export const mssql: Oneshot<Params> = {
  kind: "oneshot",
  id: "mssql",
  transports: ["tcp"],
  silence: "inconclusive",
  schedule: { sendsAtMs: [0], giveUpMs: 10_000, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {
    instance: {
      type: "string",
      about: "Name of the instance that the port must belong to; without it any will do.",
      maxLength: 16,
    },
  },
  about: {
    protocol: "SQL Server (TDS)",
    title: "TDS pre-login",
    sends: "One pre-login packet of 47 bytes, and the instance's name where the row has one. Never a log-on.",
    accepts:
      "A pre-login response whose options lie inside it and begin with a version. One that says wrong instance counts as a refusal by the service.",
    proves:
      "A SQL Server answered, with its version and what encryption it wants. A server that is set to TDS 8.0 only closes without an answer, and that is undecided: TLS with its ALPN is not tried.",
    triggers: "Nothing known for a well-formed packet. No name or password is sent, so nothing can be locked out.",
    specification: ["MS-TDS sections 2.2.3.1, 2.2.6.5 and 4.1"],
  },
  start({ instance }) {
    const request = encodePrelogin(preloginRequest(instance));
    return {
      request: () => request,
      read(bytes) {
        const length = preloginFrameLength(bytes);
        if (length === undefined || bytes.length < length) return {};
        const response = decodePrelogin(bytes.subarray(0, length));
        if (response.type === "request") throw new WireError("malformed", "a request was answered by another", 0);
        return { final: readingOf(response, instance) };
      },
    };
  },
};

function readingOf(response: Prelogin, instance: string | undefined): Reading {
  const version = preloginVersion(response);
  const text = `${version.major}.${version.minor}.${version.build}`;
  const product = sqlServerName(version);
  const server = product === undefined ? `SQL Server ${text}` : `${product} (${text})`;
  const [encryption] = preloginOption(response, "encryption") ?? [];
  const evidence = {
    version: text,
    ...(product === undefined ? {} : { product }),
    ...(encryption === undefined ? {} : { encryption: encryptionName(encryption) }),
    ...(instance === undefined ? {} : { instance }),
  };
  const [wrongInstance] = preloginOption(response, "instance") ?? [];
  if (wrongInstance === 1) {
    const wanted = instance === undefined ? "the instance that was asked for" : `the instance ${instance}`;
    return { service: "refused", detail: `${server} answers, and is not ${wanted}`, evidence };
  }
  return { service: "confirmed", detail: server, evidence };
}
