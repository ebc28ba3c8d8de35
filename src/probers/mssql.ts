/**
 * SQL Server by the pre-login of TDS (MS-TDS section 2.2.6.5): version, encryption, and whether it is the instance that
 * was meant. There is no log-on. A server that takes TDS 8.0 only hangs up on a pre-login in clear; then the same is
 * asked inside TLS.
 */
import type { Tls } from "../model/check.ts";
import { PEER_CLOSED } from "../model/observation.ts";
import type { Connection, Dialogue, Reading } from "../model/prober.ts";
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

/** TDS inside TLS from the first byte on goes by this name (MS-TDS section 2.1, RFC 7301). */
const TDS_8 = "tds/8.0";

/** What comes behind the response is left where it is. */
const UNREAD_BYTES = 64 * 1024;

/** A pre-login with the longest instance name, each in clear and inside TLS, and a ClientHello: 1,500 with ML-KEM. */
const REQUEST_BYTES = 47 + 64;
const CLIENT_HELLO_BYTES = 2_048;

interface Params {
  readonly instance?: string;
}

export const mssql: Dialogue<Params> = {
  kind: "dialogue",
  id: "mssql",
  transports: ["tcp"],
  silence: "inconclusive",
  giveUpMs: 10_000,
  cost: { packets: 2, bytes: 2 * REQUEST_BYTES + CLIENT_HELLO_BYTES },
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
    sends:
      "One pre-login packet of 47 bytes, and the instance's name where the row has one. Where the server hangs up on it, a second connection with TLS and the ALPN tds/8.0, and the same packet inside; with tls that alone. Never a log-on.",
    accepts:
      "A pre-login response whose options lie inside it and begin with a version. One that says wrong instance counts as a refusal by the service.",
    proves:
      "A SQL Server answered, with its version and what encryption it wants. Unverified: that a server which is set to TDS 8.0 only answers this pre-login inside TLS; where it does not, the row stays undecided.",
    triggers: "Nothing known for a well-formed packet. No name or password is sent, so nothing can be locked out.",
    specification: ["MS-TDS sections 2.1, 2.2.3.1, 2.2.6.5 and 4.1"],
  },
  async run({ instance }, ask) {
    if (ask.tls === undefined) {
      const connection = await ask.connect();
      if (connection === undefined) return undefined;
      const response = await prelogin(connection, instance);
      if (response !== undefined) return readingOf(response, instance);
      const { code, repliedMs } = ask.latest() ?? {};
      // Silence, and half an answer, are no wish for TLS.
      if (repliedMs !== undefined || (code !== PEER_CLOSED && code !== "ECONNRESET")) return undefined;
    }
    return insideTls(await ask.connect({ tls: tds8(ask.tls, ask.host) }), instance);
  },
};

function tds8(row: Tls | undefined, host: string): Tls {
  return { ...(row ?? { serverName: host, strict: false }), applicationProtocols: [TDS_8] };
}

async function insideTls(connection: Connection | undefined, instance: string | undefined) {
  const response = connection && (await prelogin(connection, instance));
  if (response === undefined) return undefined;
  const reading = readingOf(response, instance);
  return {
    ...reading,
    detail: `${reading.detail}, inside TLS (TDS 8.0)`,
    evidence: { ...reading.evidence, insideTls: true },
  };
}

/** The response, or undefined when the connection ended first. Throws WireError for what is none. */
async function prelogin(connection: Connection, instance: string | undefined): Promise<Prelogin | undefined> {
  connection.send(encodePrelogin(preloginRequest(instance)));
  const bytes = await connection.receive(preloginFrameLength, UNREAD_BYTES);
  if (bytes === undefined) return undefined;
  const response = decodePrelogin(bytes);
  if (response.type === "request") throw new WireError("malformed", "a request was answered by another", 0);
  return response;
}

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
