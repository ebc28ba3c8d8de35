/**
 * NetBIOS session service, TCP 139 (RFC 1002 section 4.3): the first packet of every SMB connection over NetBIOS, to
 * the name under which file servers take any caller. The session ends before anything is said in it.
 */
import type { Oneshot, Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import type { NetbiosName } from "../wire/netbios.ts";
import {
  ANY_SERVER,
  decodeSessionPacket,
  encodeSessionPacket,
  type SessionPacket,
  sessionErrorName,
  sessionFrameLength,
} from "../wire/netbios-session.ts";

const OURSELVES: NetbiosName = { name: "UNITYPROBE", suffix: 0x00 };

export const netbiosSession: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "netbios-session",
  transports: ["tcp"],
  ipv4Only: true,
  silence: "fail",
  schedule: { sendsAtMs: [0], giveUpMs: 10_000, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "the NetBIOS session service",
    title: "NetBIOS session request",
    sends: "A session request from UNITYPROBE to *SMBSERVER: 72 bytes. Nothing is sent within the session.",
    accepts: "A positive, negative or retarget session response. A negative one is a refusal by the service.",
    proves: "A NetBIOS session service answered, and whether it takes callers.",
    triggers: "At most a log line about a session that ended early.",
    specification: ["RFC 1002 sections 4.3 and 5.3", "MS-CIFS section 2.1.1"],
  },
  start() {
    const request = encodeSessionPacket({ type: "sessionRequest", called: ANY_SERVER, calling: OURSELVES });
    return {
      request: () => request,
      read(bytes) {
        const length = sessionFrameLength(bytes);
        if (length === undefined || bytes.length < length) return {};
        // The usual answer has four bytes, little to go by: whatever came with it must be of the protocol too.
        sessionFrameLength(bytes.subarray(length));
        return { final: readingOf(decodeSessionPacket(bytes.subarray(0, length))) };
      },
    };
  },
};

function readingOf(packet: SessionPacket): Reading {
  switch (packet.type) {
    case "positiveResponse":
      return { service: "confirmed", detail: "session accepted", evidence: { session: "positive" } };
    case "negativeResponse": {
      const name = sessionErrorName(packet.code);
      const evidence = { session: "negative", error: name };
      return { service: "refused", detail: `the session service answers: ${name}`, evidence };
    }
    case "retargetResponse": {
      const elsewhere = `${packet.address}:${packet.port}`;
      return {
        service: "confirmed",
        detail: `callers are sent on to ${elsewhere}`,
        evidence: { session: "retarget", retarget: elsewhere },
        warnings: [`sessions go on to ${elsewhere}, which was not asked`],
      };
    }
    case "sessionRequest":
      throw new WireError("malformed", "a session request was answered by another", 0);
  }
}
