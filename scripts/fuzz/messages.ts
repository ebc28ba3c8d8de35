/**
 * The messages that a decoder is fuzzed from: captured ones, the parts that lie inside them, and for the requests that
 * were never captured, because our own side sends them, what our encoders write.
 */

import { utf8Bytes } from "../../src/wire/bytes.ts";
import { decodeCldap } from "../../src/wire/cldap.ts";
import { decodePdu, type ResponsePdu } from "../../src/wire/dcerpc.ts";
import { joinResponse } from "../../src/wire/dcerpc-fragments.ts";
import { decodeLookupReply } from "../../src/wire/epm.ts";
import { encodeTower } from "../../src/wire/epm-tower.ts";
import { asRequest, decodeKrbError, encodeApRequest, encodeAsRequest } from "../../src/wire/kerberos.ts";
import { decodeKerberosFrame } from "../../src/wire/kerberos-frame.ts";
import { NAME_TYPE } from "../../src/wire/kerberos-parts.ts";
import { encodeChangeRequest } from "../../src/wire/kpasswd.ts";
import { ANY_NAME, encodeNodeStatus } from "../../src/wire/netbios-node-status.ts";
import { ANY_SERVER, encodeSessionPacket } from "../../src/wire/netbios-session.ts";
import { encodeTurnFrame } from "../../src/wire/pseudo-tls.ts";
import { VERSION_BYTES } from "../../src/wire/rfb.ts";
import { decodeSip } from "../../src/wire/sip.ts";
import { headerValues } from "../../src/wire/sip-headers.ts";
import { decodeSmbFrame, encodeSmbFrame, isSmb1 } from "../../src/wire/smb-frame.ts";
import { encodeSmb1, SMB1_DIALECT } from "../../src/wire/smb1.ts";
import { encodeSmb2, SMB2_DIALECT } from "../../src/wire/smb2.ts";
import { encodeSmtpCommand } from "../../src/wire/smtp.ts";
import { encodeHandshake, OLD_CIPHER_SUITES } from "../../src/wire/tls-hello.ts";
import {
  decodeTlsRecord,
  encodeTlsRecord,
  TLS_CONTENT,
  TLS_VERSION,
  tlsFrameLength,
} from "../../src/wire/tls-record.ts";
import { NIL_UUID } from "../../src/wire/uuid.ts";
import { encodeX224 } from "../../src/wire/x224.ts";
import { fixture, fixturesIn, printed } from "../../test/wire/captured.ts";

export type Messages = readonly Uint8Array[];

export const ldap: Messages = fixturesIn("ldap");
export const smtpReplies: Messages = fixturesIn("smtp");
export const smtpCommands: Messages = ["EHLO [192.0.2.1]", "STARTTLS", "QUIT"].map(encodeSmtpCommand);
export const snmp: Messages = fixturesIn("snmp");
export const cldap: Messages = fixturesIn("cldap");
export const pdus: Messages = [...fixturesIn("dcerpc"), ...fixturesIn("epm")];
export const netbios: Messages = fixturesIn("netbios");
export const ntp: Messages = fixturesIn("ntp");
export const msmq: Messages = [printed("msmq-ping-request"), printed("msmq-ping-response")];
export const rtp: Messages = fixturesIn("rtp");
export const sccp: Messages = [printed("sccp-keep-alive-ack"), printed("sccp-register-reject")];
export const stun: Messages = [...fixturesIn("stun"), printed("ms-turn-allocate-401")];
export const turnFrames: Messages = stun.map(encodeTurnFrame);
export const pseudoTls: Messages = [printed("ms-turn-pseudo-client-hello"), printed("ms-turn-pseudo-server-hello")];
export const dns: Messages = ["soa-zone", "srv", "nxdomain"].map((name) => fixture(`dns/${name}-udp-samba.hex`));
export const dnsFrames: Messages = [fixture("dns/soa-zone-tcp-samba.hex")];
export const sip: Messages = ["sip", "sip-rfc4475", "sip-rfc5118"].flatMap((folder) => fixturesIn(folder));

/** Of the headers that have a grammar of their own. */
export const sipValues: Messages = ["sip/options-200-kamailio.hex", "sip-rfc4475/wsinv.hex"].flatMap((path) => {
  const { headers } = decodeSip(fixture(path));
  return ["via", "from", "to", "contact", "cseq"].flatMap((name) => headerValues(headers, name)).map(utf8Bytes);
});

/** PDUs of DCE/RPC without their head. */
export const pduBodies: Messages = fixturesIn("dcerpc").map((pdu) => pdu.slice(16));

export const lookupRequests: Messages = [fixture("epm/lookup-request.hex").slice(24)];
export const lookupReplies: Messages = [stub("lookup-samba-1", "lookup-samba-2"), stub("lookup-samba-four")];

function stub(...names: readonly string[]): Uint8Array {
  return joinResponse(names.map((name) => decodePdu(fixture(`epm/${name}.hex`)) as ResponsePdu)).stub;
}

/** Each once: a server announces the same ports for many interfaces. */
export const towers: Messages = [
  ...new Map(
    decodeLookupReply(stub("lookup-samba-four"))
      .entries.flatMap(({ tower }) => (tower === undefined ? [] : [encodeTower(tower)]))
      .map((tower) => [tower.join(), tower]),
  ).values(),
];

/** Frames as they go over TCP; the same messages fill datagrams. */
export const kerberosFrames: Messages = ["as-rep-tcp-samba", "krb-error-tcp-samba"].map((name) =>
  fixture(`kerberos/${name}.hex`),
);

const client = { type: NAME_TYPE.principal, parts: ["nobody"] };
const encrypted = { encryptionType: 18, cipher: new Uint8Array(40) };
const apRequest = { ticket: { realm: "LAB.TEST", server: client, encrypted }, authenticator: encrypted };

export const kerberosRequests: Messages = [
  encodeAsRequest(asRequest("nobody", "LAB.TEST", 1)),
  encodeApRequest(apRequest),
];
export const kerberosReplies: Messages = [
  ...kerberosFrames.map((frame) => decodeKerberosFrame(frame)!),
  ...["krb-error-preauth-samba", "krb-error-udp-mit", "krb-error-udp-samba"].map((name) =>
    fixture(`kerberos/${name}.hex`),
  ),
];

/** METHOD-DATA of "pre-authentication required". */
export const methodData: Messages = [decodeKrbError(fixture("kerberos/krb-error-preauth-samba.hex")).data!];

export const changeRequests: Messages = [encodeChangeRequest({ apRequest, privateMessage: new Uint8Array(20) })];
export const changeReplies: Messages = ["error-udp-samba", "error-udp-mit"].map((name) =>
  fixture(`kpasswd/${name}.hex`),
);

export const sessionPackets: Messages = [
  fixture("netbios/session-positive-samba.hex"),
  encodeSessionPacket({ type: "sessionRequest", called: ANY_SERVER, calling: { name: "PROBER", suffix: 0 } }),
  encodeSessionPacket({ type: "negativeResponse", code: 0x82 }),
  encodeSessionPacket({ type: "retargetResponse", address: "192.0.2.1", port: 139 }),
];
export const nodeStatuses: Messages = [
  fixture("netbios/nbstat-samba.hex"),
  encodeNodeStatus({ type: "nodeStatusRequest", transactionId: 1, name: ANY_NAME }),
];
export const datagrams: Messages = [fixture("netbios/direct-unique-samba.hex")];

/** From the name's own first byte on. */
export const netbiosNames: Messages = nodeStatuses.map((packet) => packet.slice(12));

export const responderFrames: Messages = fixturesIn("responder");

const smb1Request = encodeSmb1({ type: "negotiateRequest", dialects: [SMB1_DIALECT] });
const smb2Request = encodeSmb2({
  type: "negotiateRequest",
  messageId: 0n,
  securityMode: 1,
  clientGuid: NIL_UUID,
  dialects: [SMB2_DIALECT.v202, SMB2_DIALECT.v302],
});
export const smbFrames: Messages = [...fixturesIn("smb"), encodeSmbFrame(smb1Request), encodeSmbFrame(smb2Request)];
export const smb1: Messages = smbFrames.map(decodeSmbFrame).filter(isSmb1);
export const smb2: Messages = smbFrames.map(decodeSmbFrame).filter((message) => !isSmb1(message));

/** Values of the attribute that a domain controller answers a ping with. */
export const netlogonValues: Messages = ["netlogon-samba", "netlogon-domain-samba"].flatMap((name) =>
  decodeCldap(fixture(`cldap/${name}.hex`)).flatMap(({ operation }) =>
    operation.type === "searchEntry" ? operation.attributes.flatMap(({ values }) => values) : [],
  ),
);

/** The two parts of what a VNC server says first. */
export const rfbVersions: Messages = fixturesIn("rfb").map((words) => words.slice(0, VERSION_BYTES));
export const rfbRefusals: Messages = [fixture("rfb/too-many-failures-tigervnc.hex").slice(VERSION_BYTES)];

export const x224: Messages = [
  ...fixturesIn("x224"),
  encodeX224({ type: "connectionRequest", sourceReference: 1, parameters: new Uint8Array() }),
  encodeX224({ type: "error", destinationReference: 1, cause: 2, parameters: new Uint8Array() }),
];

/** From the negotiation's own first byte on. */
export const rdpNegotiations: Messages = ["tls", "standard"].map((security) =>
  fixture(`x224/confirm-${security}-xrdp.hex`).slice(11),
);

export const routingBanners: Messages = [printed("exchange-routing-banner")];

export const prelogins: Messages = [printed("tds-prelogin-request"), printed("tds-prelogin-response")];

export const instanceRequests: Messages = [printed("sql-browser-instance-request")];
export const instanceResponses: Messages = [printed("sql-browser-instance-response")];
const oldHello = encodeHandshake({
  type: "clientHello",
  version: TLS_VERSION.tls10,
  random: new Uint8Array(32),
  cipherSuites: [...OLD_CIPHER_SUITES.keys()],
  serverName: "dc01.example.com",
});
export const tlsRecords: Messages = [
  ...recordsIn(fixture("tls/server-flight-tls10-openssl.hex")),
  fixture("tls/alert-protocol-version-openssl.hex"),
  encodeTlsRecord({ type: TLS_CONTENT.handshake, version: TLS_VERSION.tls10, fragment: oldHello }),
];
export const tlsHandshakes: Messages = tlsRecords
  .map(decodeTlsRecord)
  .flatMap(({ type, fragment }) => (type === TLS_CONTENT.handshake ? [fragment] : []));

function recordsIn(bytes: Uint8Array): readonly Uint8Array[] {
  const length = tlsFrameLength(bytes);
  return length === undefined ? [] : [bytes.slice(0, length), ...recordsIn(bytes.slice(length))];
}
