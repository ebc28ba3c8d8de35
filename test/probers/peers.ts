/**
 * What the far end of each prober says: the one table that the conformance suite needs. A prober of the registry
 * without an entry fails the suite. Replies are bytes that real servers sent, set to the request's own id.
 */
import type { Evidence } from "../../src/model/evidence.ts";
import { pduFrameLength } from "../../src/wire/dcerpc.ts";
import { dnsFrameLength } from "../../src/wire/dns.ts";
import { decodeKerberosFrame, encodeKerberosFrame, kerberosFrameLength } from "../../src/wire/kerberos-frame.ts";
import { ldapFrameLength } from "../../src/wire/ldap.ts";
import { sessionFrameLength } from "../../src/wire/netbios-session.ts";
import { decodeNtp, encodeNtp, type NtpPacket } from "../../src/wire/ntp.ts";
import { smbFrameLength } from "../../src/wire/smb-frame.ts";
import { smtpCommandLength } from "../../src/wire/smtp.ts";
import { decodeSnmp, type V3Message } from "../../src/wire/snmp.ts";
import { encodeInstanceResponse } from "../../src/wire/sql-browser.ts";
import { preloginFrameLength } from "../../src/wire/tds.ts";
import { x224FrameLength } from "../../src/wire/x224.ts";
import { fixture, printed } from "../wire/support.ts";
import { dnsAnswer, dnsOverTcp } from "./dns-replies.ts";
import type { FrameLength } from "./far-end.ts";
import { httpPeer } from "./http-peer.ts";
import { krbError, ticket } from "./kerberos-replies.ts";
import { MSMQ, SCCP } from "./printed-peers.ts";
import { datagramError, ldap, ldapPing, nodeStatus } from "./samba-replies.ts";
import { SIP_PEERS } from "./sip-peers.ts";
import { snmpRefusal, snmpReport } from "./snmp-replies.ts";
import { STUN } from "./stun-peer.ts";

/** The messages that answer a request, each a datagram over UDP; `turn` counts the requests of a connection from 0. */
export type Reply = (request: Uint8Array, turn: number) => readonly Uint8Array[];

/** Why there is no such reply, in a sentence. */
export type Reason = string;

/** One prober's far end over one transport. */
export interface Peer {
  /** TCP: where a request ends. */
  readonly frameLength?: FrameLength;
  /** What a row would set. */
  readonly params?: Evidence;
  /** The prober speaks inside TLS too, where its row asks for that. */
  readonly tls?: true;
  /** The protocol lets the server speak first: turn 0 answers no request. */
  readonly speaksFirst?: true;
  /** The turn whose reply proves the service, where that is not the first. */
  readonly provenAtTurn?: number;
  /** A right reply. */
  readonly answer: Reply | Reason;
  /** The protocol's own no. */
  readonly refusal: Reply | Reason;
  /** A right reply, but to somebody else's request. */
  readonly wrongId: Reply | Reason;
}

export type Entry = { readonly tcp?: Peer | Reason; readonly udp?: Peer | Reason } | Reason;

/** A captured PDU as the answer to this request. All captures are little-endian, as the requests are. */
export function pdu(path: string, request: Uint8Array, callIdBit = 0): Uint8Array {
  const bytes = fixture(path);
  bytes.set(request.subarray(12, 16), 12);
  bytes[12]! ^= callIdBit;
  return bytes;
}

/** Samba's answer to the second message of a connection; the prober sends only the first. */
function smbAnswerToAnother(): Uint8Array {
  const bytes = fixture("smb/smb2-negotiate-samba.hex");
  bytes[4 + 24] = 1;
  return bytes;
}

/** chronyd's reply to this request, or one that differs from it. */
function ntp(request: Uint8Array, how: Partial<NtpPacket> = {}): Uint8Array {
  const { transmit } = decodeNtp(request);
  return encodeNtp({ ...decodeNtp(fixture("ntp/reply-chrony.hex")), origin: transmit, ...how });
}

const DRSUAPI = { interface: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", major: 4, minor: 0, name: "DRSUAPI" };
const OTHER_INSTANCE = { serverName: "S", instanceName: "OTHER", isClustered: false, version: "9.0", tcpPort: 1434 };
const LISTING = ["dcerpc/bind-ack-epm-samba.hex", "epm/lookup-samba-four.hex", "epm/lookup-samba-no-more.hex"];

export const PEERS: Readonly<Record<string, Entry>> = {
  dns: {
    tcp: {
      frameLength: dnsFrameLength,
      params: { name: "lab.test" },
      answer: (request) => [dnsOverTcp(request)],
      refusal: (request) => [dnsOverTcp(request, { refused: true })],
      wrongId: (request) => [dnsOverTcp(request, { idBit: 1 })],
    },
    udp: {
      params: { name: "lab.test" },
      answer: (request) => [dnsAnswer(request)],
      refusal: (request) => [dnsAnswer(request, { refused: true })],
      wrongId: (request) => [dnsAnswer(request, { idBit: 1 })],
    },
  },
  "endpoint-mapper": {
    tcp: {
      frameLength: pduFrameLength,
      answer: (request, turn) => [pdu(LISTING[Math.min(turn, 2)]!, request)],
      refusal: (request) => [pdu("dcerpc/bind-ack-rejected-samba.hex", request)],
      wrongId: (request, turn) => [pdu(LISTING[Math.min(turn, 2)]!, request, 1)],
    },
  },
  "exchange-routing": {
    tcp: {
      speaksFirst: true,
      answer: () => [printed("exchange-routing-banner")],
      refusal: "No refusal of this protocol is known.",
      wrongId: "Nothing is asked, so that nothing can come back.",
    },
  },
  http: { tcp: httpPeer },
  kerberos: {
    tcp: {
      frameLength: kerberosFrameLength,
      answer: (request) => [ticket(decodeKerberosFrame(request)!)],
      refusal: (request) => [encodeKerberosFrame(krbError(decodeKerberosFrame(request)!))],
      wrongId: () => [fixture("kerberos/krb-error-tcp-samba.hex")],
    },
    udp: {
      answer: (request) => [decodeKerberosFrame(ticket(request))!],
      refusal: (request) => [krbError(request)],
      wrongId: () => [fixture("kerberos/krb-error-udp-samba.hex")],
    },
  },
  kpasswd: {
    tcp: {
      frameLength: kerberosFrameLength,
      answer: "A password is never changed: the request cannot be decrypted.",
      refusal: () => [fixture("kpasswd/error-tcp-samba.hex")],
      wrongId: "Nothing of the request comes back in the refusal.",
    },
    udp: {
      answer: "A password is never changed: the request cannot be decrypted.",
      refusal: () => [fixture("kpasswd/error-udp-samba.hex")],
      wrongId: "Nothing of the request comes back in the refusal.",
    },
  },
  "ldap-bind": {
    tcp: {
      frameLength: ldapFrameLength,
      tls: true,
      answer: (request, turn) => ldapAnswers(turn).map((path) => ldap(path, request)),
      refusal: (request, turn) =>
        [["ldap/bind-response-refused-samba.hex"], ["ldap/search-done-refused-samba.hex"], []][turn]!.map((path) =>
          ldap(path, request),
        ),
      wrongId: (request, turn) => ldapAnswers(turn).map((path) => ldap(path, request, 1)),
    },
  },
  "ldap-ping": {
    udp: {
      answer: (request) => [ldapPing(request)],
      refusal: (request) => [ldap("ldap/search-done-refused-samba.hex", request)],
      wrongId: (request) => [ldapPing(request, 2)],
    },
  },
  mssql: {
    tcp: {
      // A peer that hangs up gets a ClientHello next, which is no request.
      frameLength: (buffered) => (buffered[0] === 0x16 ? undefined : preloginFrameLength(buffered)),
      tls: true,
      answer: () => [printed("tds-prelogin-response")],
      refusal: () => [printed("tds-prelogin-response").with(8 + 0x21, 1)],
      wrongId: "A pre-login response bears no id; the connection ties it to its request.",
    },
  },
  msmq: MSMQ,
  "netbios-datagram": {
    udp: {
      answer: "A datagram that is accepted is never answered.",
      refusal: (request) => [datagramError(request)],
      wrongId: (request) => [datagramError(request, 1)],
    },
  },
  "netbios-name": {
    udp: {
      answer: (request) => [nodeStatus(request)],
      refusal: "There is no negative answer to a node status request.",
      wrongId: (request) => [nodeStatus(request, 1)],
    },
  },
  "netbios-session": {
    tcp: {
      frameLength: sessionFrameLength,
      answer: () => [fixture("netbios/session-positive-samba.hex")],
      refusal: () => [Uint8Array.of(0x83, 0, 0, 1, 0x82)],
      wrongId: "A session response bears no id; the connection ties it to its request.",
    },
  },
  ntp: {
    udp: {
      answer: (request) => [ntp(request)],
      refusal: (request) => [ntp(request, { stratum: 0, referenceId: Uint8Array.from(Buffer.from("RATE")) })],
      wrongId: () => [fixture("ntp/reply-chrony.hex")],
    },
  },
  "port-sweep": "A sweep names a payload and reads no reply; sweep/ has a suite of its own.",
  "sql-browser": {
    udp: {
      params: { instance: "YUKONSTD" },
      answer: () => [printed("sql-browser-instance-response")],
      refusal: "A browser that knows no such instance says nothing.",
      wrongId: () => [encodeInstanceResponse(OTHER_INSTANCE)],
    },
  },
  tls: "What it asks is the handshake, which Node writes; its own test has servers that behave right and wrong.",
  smtp: {
    tcp: {
      frameLength: smtpCommandLength,
      speaksFirst: true,
      // Other protocols greet with 220 too.
      provenAtTurn: 1,
      tls: true,
      answer: (_, turn) => [fixture(`smtp/${turn < 1 ? "banner" : turn === 1 ? "ehlo-in-tls" : "quit"}-exim.hex`)],
      refusal: () => [fixture("smtp/banner-refused-exim.hex")],
      wrongId: "A reply bears no id; the connection ties it to its request.",
    },
  },
  snmp: {
    udp: {
      answer: (request) => [snmpReport(request)],
      refusal: (request) => [snmpRefusal(request, "1.3.6.1.6.3.11.2.1.1.0")],
      wrongId: (request) => [snmpReport(request, { messageId: (decodeSnmp(request) as V3Message).messageId ^ 2 })],
    },
  },
  sip: SIP_PEERS,
  sccp: SCCP,
  stun: STUN,
  "tcp-connect": "It says nothing and reads nothing, so no reply can be right or wrong.",
  "rpc-bind": {
    tcp: {
      frameLength: pduFrameLength,
      params: DRSUAPI,
      answer: (request) => [pdu("dcerpc/bind-ack-drsuapi-samba.hex", request)],
      refusal: (request) => [pdu("dcerpc/bind-ack-rejected-dynamic-samba.hex", request)],
      wrongId: (request) => [pdu("dcerpc/bind-ack-drsuapi-samba.hex", request, 1)],
    },
  },
  "smb-negotiate": {
    tcp: {
      frameLength: smbFrameLength,
      answer: () => [fixture("smb/smb2-negotiate-samba.hex")],
      refusal: () => [fixture("smb/smb2-negotiate-invalid-samba.hex")],
      wrongId: () => [smbAnswerToAnother()],
    },
  },
  vnc: {
    tcp: {
      speaksFirst: true,
      answer: () => [fixture("rfb/version-tigervnc.hex")],
      refusal: () => [fixture("rfb/too-many-failures-tigervnc.hex")],
      wrongId: "Nothing is asked, so that nothing can come back.",
    },
  },
  x224: {
    tcp: {
      frameLength: x224FrameLength,
      params: { rdp: true },
      answer: () => [fixture("x224/confirm-tls-xrdp.hex")],
      refusal: () => [fixture("x224/confirm-tls-xrdp.hex").with(11, 3).with(15, 2)],
      wrongId: () => [fixture("x224/confirm-tls-xrdp.hex").with(7, 1)],
    },
  },
};

function ldapAnswers(turn: number): readonly string[] {
  const byTurn = [
    ["ldap/bind-response-samba.hex"],
    ["ldap/root-dse-entry-samba.hex", "ldap/root-dse-done-samba.hex"],
    [],
  ];
  return byTurn[turn] ?? [];
}
