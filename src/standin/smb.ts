/**
 * SMB over TCP as far as the agreement on a dialect (MS-SMB2 section 3.3.5.3 and 3.3.5.4): a server of today, which
 * insists on signing, and one that knows SMB 1 alone.
 */
import { filetimeFromUnixMs } from "../wire/filetime.ts";
import { NT_STATUS } from "../wire/nt-status.ts";
import { decodeSmbFrame, encodeSmbFrame, isSmb1, smbFrameLength } from "../wire/smb-frame.ts";
import { decodeSmb1, encodeSmb1, SMB1_DIALECT, SMB1_SIGNING, SMB2_BY_NAME } from "../wire/smb1.ts";
import { decodeSmb2, encodeSmb2, SMB2_DIALECT, SMB2_SIGNING, type Smb2NegotiateResponse } from "../wire/smb2.ts";
import type { Clock, TcpStandIn } from "./stand-in.ts";

/** From the best one down. */
const DIALECTS: readonly number[] = [SMB2_DIALECT.v302, SMB2_DIALECT.v300, SMB2_DIALECT.v210, SMB2_DIALECT.v202];
const SERVER_GUID = "8e9f3c1a-5d27-4b60-9a4e-0c7d21f6b853";
/** DFS, LEASING and LARGE_MTU. */
const CAPABILITIES = 0x7;

export function smb(clock: Clock): TcpStandIn {
  return overFrames((message) => {
    if (isSmb1(message)) {
      const request = decodeSmb1(message);
      const dialects = request.type === "negotiateRequest" ? request.dialects : [];
      const [only202, any] = SMB2_BY_NAME;
      if (dialects.includes(any)) return encodeSmb2(agreement(SMB2_DIALECT.any, clock));
      return dialects.includes(only202) ? encodeSmb2(agreement(SMB2_DIALECT.v202, clock)) : undefined;
    }
    const request = decodeSmb2(message);
    if (request.type !== "negotiateRequest") return undefined;
    const dialect = DIALECTS.find((each) => request.dialects.includes(each));
    const { messageId } = request;
    if (dialect === undefined) return encodeSmb2({ type: "error", messageId, status: NT_STATUS.notSupported });
    return encodeSmb2({ ...agreement(dialect, clock), messageId });
  });
}

/** Hangs up on SMB 2, and on clients that do not offer the last dialect of SMB 1. */
export function smb1Only(clock: Clock): TcpStandIn {
  return overFrames((message) => {
    if (!isSmb1(message)) return undefined;
    const request = decodeSmb1(message);
    const dialectIndex = request.type === "negotiateRequest" ? request.dialects.indexOf(SMB1_DIALECT) : -1;
    if (dialectIndex === -1) return undefined;
    const server = { securityMode: SMB1_SIGNING.enabled, systemTime: filetimeFromUnixMs(clock.wallMs()) };
    return encodeSmb1({ type: "negotiateResponse", dialectIndex, server });
  });
}

function overFrames(answer: (message: Uint8Array) => Uint8Array | undefined): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: smbFrameLength,
    answer(request) {
      const message = answer(decodeSmbFrame(request));
      return message && [encodeSmbFrame(message)];
    },
  };
}

function agreement(dialect: number, clock: Clock): Smb2NegotiateResponse {
  return {
    type: "negotiateResponse",
    messageId: 0n,
    securityMode: SMB2_SIGNING.enabled | SMB2_SIGNING.required,
    dialect,
    serverGuid: SERVER_GUID,
    capabilities: CAPABILITIES,
    systemTime: filetimeFromUnixMs(clock.wallMs()),
    securityBuffer: new Uint8Array(),
  };
}
