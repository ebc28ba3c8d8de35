/**
 * X.224 connection request, the first packet of RDP (MS-RDPBCGR section 2.2.1.1) and of T.120 (T.123 section 8). RDP
 * adds its negotiation, and where the server chooses TLS the handshake follows for the certificate's sake. A log-on or
 * a conference is never begun.
 */
import type { Tls } from "../model/check.ts";
import type { Connection, Dialogue, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import {
  decodeRdpNegotiation,
  encodeRdpNegotiation,
  RDP_PROTOCOL,
  rdpFailureName,
  rdpProtocolName,
} from "../wire/rdp-negotiation.ts";
import {
  decodeX224,
  disconnectReason,
  encodeX224,
  rejectCause,
  type X224Packet,
  x224FrameLength,
} from "../wire/x224.ts";

interface Params {
  readonly rdp?: boolean;
}

type Confirm = X224Packet & { readonly type: "connectionConfirm" };

/** The reference of RDP clients; T.120's is random. */
const RDP_REFERENCE = 0;

const { standard, tls, credSsp, credSspEarlyAuthorization } = RDP_PROTOCOL;
const OFFERED = tls | credSsp | credSspEarlyAuthorization;
/** A server chooses one of what was offered, or does without (MS-RDPBCGR section 2.2.1.2.1). */
const CHOICES: ReadonlySet<number> = new Set([standard, tls, credSsp, credSspEarlyAuthorization]);

/** What comes after the confirm is left where it is. */
const UNREAD_BYTES = 64 * 1024;

export const x224: Dialogue<Params> = {
  kind: "dialogue",
  id: "x224",
  transports: ["tcp"],
  silence: "fail",
  giveUpMs: 10_000,
  cost: { packets: 1, bytes: 19 },
  manners: { minIntervalMs: 60_000 },
  params: {
    rdp: {
      type: "boolean",
      about: "Ask as an RDP client does, and make the TLS handshake where the server chooses it. Without: as T.120.",
      startsTls: true,
      example: true,
    },
  },
  about: {
    protocol: "X.224",
    title: "X.224 connection request (RDP, T.120)",
    sends:
      "A connection request of class 0: for T.120 11 bytes with a random reference; with rdp 19 bytes, which offer TLS and CredSSP and bear no user name, and after a confirm that chooses one of them a TLS handshake. Nothing is sent after that.",
    accepts:
      "A connection confirm to our reference; some, RDP servers among them, put 0 in its place. A disconnect request, an error packet and RDP's negotiation failure count as refusals by the service. With rdp a confirm without negotiation is that of Windows 2000 and 2003.",
    proves:
      "An X.224 server answered; RDP's negotiation proves RDP. A confirm without it is the same for RDP and T.120: there only the port tells which.",
    triggers:
      "A log line about a connection that ended before anything came of it. No name or password is sent, so nothing can be locked out. T.120 listens only while something is shared: a closed port is normal on an idle machine.",
    specification: [
      "ITU-T X.224 sections 13.3 to 13.5 and 13.12",
      "RFC 1006 section 6",
      "ITU-T T.123 section 8",
      "MS-RDPBCGR sections 2.2.1.1, 2.2.1.2 and 3.3.5.3.1",
    ],
  },
  async run({ rdp = false }, ask) {
    const connection = await ask.connect();
    if (connection === undefined) return undefined;
    const reference = rdp ? RDP_REFERENCE : randomReference(ask.world.randomBytes(2));
    const parameters = rdp ? encodeRdpNegotiation({ type: "request", flags: 0, protocols: OFFERED }) : new Uint8Array();
    connection.send(encodeX224({ type: "connectionRequest", sourceReference: reference, parameters }));
    const bytes = await connection.receive(x224FrameLength, UNREAD_BYTES);
    if (bytes === undefined) return undefined;
    const answer = decodeX224(bytes);
    if (answer.type === "connectionRequest") throw new WireError("malformed", "a request was answered by another", 5);
    if (answer.destinationReference !== reference && answer.destinationReference !== 0) {
      throw new WireError("malformed", `reference ${answer.destinationReference} was never given`, 6);
    }
    if (answer.type !== "connectionConfirm") return refusalOf(answer);
    if (!rdp) return conferenceReading(answer, reference);
    const { reading, startsTls } = rdpReading(answer);
    return startsTls && ask.tls !== undefined ? withCertificate(reading, connection, ask.tls) : reading;
  },
};

/** Never zero, which would be no reference. */
function randomReference(random: Uint8Array): number {
  return new Reader(random).u16("be") || 1;
}

function refusalOf(answer: Exclude<X224Packet, Confirm | { readonly type: "connectionRequest" }>): Reading {
  const refusal = answer.type === "error" ? rejectCause(answer.cause) : disconnectReason(answer.reason);
  return { service: "refused", detail: `X.224 answers, and refuses: ${refusal}`, evidence: { refusal } };
}

function conferenceReading({ destinationReference }: Confirm, reference: number): Reading {
  const referenceEchoed = destinationReference === reference;
  const detail = referenceEchoed
    ? "X.224 connection confirmed"
    : "X.224 connection confirmed, without our reference, as RDP servers do";
  return { service: "confirmed", detail, evidence: { referenceEchoed } };
}

function rdpReading({ parameters }: Confirm): { readonly reading: Reading; readonly startsTls: boolean } {
  if (parameters.length === 0) {
    const detail = "RDP connection confirmed without negotiation, as by Windows 2000 and 2003";
    return { reading: { service: "confirmed", detail, evidence: { negotiation: "none" } }, startsTls: false };
  }
  const negotiation = decodeRdpNegotiation(parameters);
  switch (negotiation.type) {
    case "request":
      throw new WireError("malformed", "a negotiation request was answered by another", 11);
    case "failure": {
      const failure = rdpFailureName(negotiation.code);
      const detail = `RDP answers, and refuses: ${failure}`;
      return {
        reading: { service: "refused", detail, evidence: { negotiation: "failure", failure } },
        startsTls: false,
      };
    }
    case "response": {
      if (!CHOICES.has(negotiation.protocol)) {
        throw new WireError("malformed", `security protocol ${negotiation.protocol} was never offered`, 15);
      }
      const security = rdpProtocolName(negotiation.protocol);
      const evidence = { negotiation: "response", security };
      const startsTls = negotiation.protocol !== standard;
      return { reading: { service: "confirmed", detail: `RDP with ${security}`, evidence }, startsTls };
    }
  }
}

/** The handshake shows the certificate; the confirm stands whatever becomes of it. */
async function withCertificate(reading: Reading, connection: Connection, tls: Tls): Promise<Reading> {
  if ((await connection.startTls(tls)) !== undefined) return reading;
  return { ...reading, warnings: ["the server chose TLS, and no handshake came of it"] };
}
