/**
 * SMB over TCP, port 445: the first message of every client, in which client and server agree on a dialect (MS-SMB2
 * section 3.2.4.2.2). Old servers know SMB 1 alone and hang up on it; only they are asked again in SMB 1, on a
 * connection of its own, because SMB 1 alarms intrusion detection. Nobody logs on.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Ask, Connection, Dialogue, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import { unixMsFromFiletime } from "../wire/filetime.ts";
import { NT_STATUS, ntStatusName } from "../wire/nt-status.ts";
import { decodeSmbFrame, encodeSmbFrame, isSmb1, smbFrameLength } from "../wire/smb-frame.ts";
import { decodeSmb1, encodeSmb1, SMB1_DIALECT, SMB1_SIGNING, SMB2_BY_NAME, type Smb1Message } from "../wire/smb1.ts";
import {
  decodeSmb2,
  encodeSmb2,
  SMB2_DIALECT,
  SMB2_SIGNING,
  type Smb2Message,
  smb2CapabilityNames,
  smb2DialectName,
} from "../wire/smb2.ts";
import { decodeUuid } from "../wire/uuid.ts";
import { clockWarning, formatOffset } from "./clock.ts";

const MESSAGE_CAP_BYTES = 64 * 1024;

/** Without 3.1.1, which wants negotiate contexts. */
const DIALECTS: readonly number[] = [SMB2_DIALECT.v202, SMB2_DIALECT.v210, SMB2_DIALECT.v300, SMB2_DIALECT.v302];
const OLD_DIALECTS = [SMB1_DIALECT, ...SMB2_BY_NAME] as const;

export const smbNegotiate: Dialogue<Record<string, never>> = {
  kind: "dialogue",
  id: "smb-negotiate",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 10_000,
  cost: { packets: 2, bytes: 112 + 73 },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "SMB",
    title: "SMB negotiation",
    sends:
      "An SMB 2 negotiate request for the dialects 2.0.2 to 3.0.2 (112 bytes). When the server hangs up on it without a word: an SMB 1 negotiate request that offers SMB 2 as well (73 bytes), on a second connection.",
    accepts: "A negotiate response, or the error of a server that refuses.",
    proves: "An SMB server answered: its dialect, whether it insists on signing, and how far its clock is from ours.",
    triggers: "Intrusion detection may report the SMB 1 request, which goes only to servers that know nothing newer.",
    specification: ["MS-SMB2 sections 2.2.3, 2.2.4 and 3.2.4.2.2", "MS-CIFS section 2.2.4.52"],
  },
  async run(_params, ask) {
    const connection = await ask.connect();
    if (connection === undefined) return undefined;
    const clientGuid = decodeUuid(new Reader(ask.world.randomBytes(16)), "le");
    const answer = await exchange(connection, ask, smb2Request(clientGuid));
    if (answer !== undefined) return readingOf(answer, []);
    // Half an answer is none, but it is not a server that has never heard of SMB 2 either.
    if (connection.pending().length > 0) return undefined;
    const second = await ask.connect();
    if (second === undefined) return undefined;
    const late = await exchange(second, ask, encodeSmb1({ type: "negotiateRequest", dialects: OLD_DIALECTS }));
    if (late === undefined) return undefined;
    const reading = readingOf(late, OLD_DIALECTS);
    if (isSmb1(late.message)) return reading;
    return { ...reading, warnings: [...(reading.warnings ?? []), "a first connection was closed without an answer"] };
  },
};

interface Answer {
  readonly message: Uint8Array;
  /** Our clock in the middle between request and answer. */
  readonly wallMs: number;
}

function smb2Request(clientGuid: string): Uint8Array {
  const securityMode = SMB2_SIGNING.enabled;
  return encodeSmb2({ type: "negotiateRequest", messageId: 0n, securityMode, clientGuid, dialects: DIALECTS });
}

/** Undefined when the connection ended first. */
async function exchange(connection: Connection, ask: Ask, request: Uint8Array): Promise<Answer | undefined> {
  const sentMs = ask.world.wallMs();
  connection.send(encodeSmbFrame(request));
  const bytes = await connection.receive(smbFrameLength, MESSAGE_CAP_BYTES);
  return bytes && { message: decodeSmbFrame(bytes), wallMs: (sentMs + ask.world.wallMs()) / 2 };
}

/** `offered` are the dialects of the request, if it was one of SMB 1. */
function readingOf({ message, wallMs }: Answer, offered: readonly string[]): Reading {
  if (isSmb1(message)) return readingOfSmb1(decodeSmb1(message), offered, wallMs);
  return readingOfSmb2(decodeSmb2(message), wallMs);
}

function readingOfSmb2(message: Smb2Message, wallMs: number): Reading {
  if (message.type === "negotiateRequest" || message.messageId !== 0n) {
    throw new WireError("malformed", "an SMB 2 message that answers nothing", 16);
  }
  if (message.type === "error") {
    const none = message.status === NT_STATUS.notSupported ? ", none of the dialects 2.0.2 to 3.0.2" : "";
    return refusal(`${ntStatusName(message.status)}${none}`);
  }
  return agreement({
    dialect: smb2DialectName(message.dialect),
    signingRequired: (message.securityMode & SMB2_SIGNING.required) !== 0,
    serverGuid: message.serverGuid,
    capabilities: smb2CapabilityNames(message.capabilities),
    systemTime: message.systemTime,
    wallMs,
  });
}

function readingOfSmb1(message: Smb1Message, offered: readonly string[], wallMs: number): Reading {
  if (message.type === "negotiateRequest") throw new WireError("malformed", "an SMB 1 request for an answer", 9);
  if (message.type === "error") return refusal(ntStatusName(message.status));
  const { server, dialectIndex } = message;
  if (server === undefined || offered[dialectIndex] !== SMB1_DIALECT) {
    return refusal("it speaks none of the dialects that were offered");
  }
  const reading = agreement({
    dialect: "1",
    signingRequired: (server.securityMode & SMB1_SIGNING.required) !== 0,
    ...(server.guid === undefined ? {} : { serverGuid: server.guid }),
    systemTime: server.systemTime,
    wallMs,
  });
  const outdated = "the server speaks SMB 1 only, which current clients refuse";
  return { ...reading, warnings: [outdated, ...(reading.warnings ?? [])] };
}

function refusal(why: string): Reading {
  return { service: "refused", detail: `the server answers, and refuses: ${why}`, evidence: { refusal: why } };
}

interface Agreement {
  readonly dialect: string;
  readonly signingRequired: boolean;
  readonly serverGuid?: string;
  readonly capabilities?: readonly string[];
  /** FILETIME; 0 where the server does not tell. */
  readonly systemTime: bigint;
  readonly wallMs: number;
}

function agreement({ systemTime, wallMs, ...facts }: Agreement): Reading {
  const offsetMs = systemTime === 0n ? undefined : Math.round(unixMsFromFiletime(systemTime) - wallMs);
  const clock: Evidence = offsetMs === undefined ? {} : { clockOffsetMs: offsetMs };
  const warning = offsetMs === undefined ? undefined : clockWarning(offsetMs);
  const signing = facts.signingRequired ? "signing required" : "signing not required";
  const parts = [
    `SMB ${facts.dialect}`,
    signing,
    ...(offsetMs === undefined ? [] : [`clock ${formatOffset(offsetMs)}`]),
  ];
  return {
    service: "confirmed",
    detail: parts.join(", "),
    evidence: { ...facts, ...clock },
    ...(warning === undefined ? {} : { warnings: [warning] }),
  };
}
