/**
 * Every decoder of src/wire/ by the name of its function, and the messages that it is fuzzed from. A test holds the
 * table against what the folder exports.
 */
import * as ber from "../../src/wire/ber.ts";
import { type ByteOrder, Reader, utf8Text } from "../../src/wire/bytes.ts";
import { decodeCldap } from "../../src/wire/cldap.ts";
import { decodePdu, pduFrameLength } from "../../src/wire/dcerpc.ts";
import { decodeBind, decodeBindAck, decodeBindNak } from "../../src/wire/dcerpc-bind.ts";
import { decodeDns, decodeDnsFrame, dnsFrameId, dnsFrameLength } from "../../src/wire/dns.ts";
import { decodeLookupReply, decodeLookupRequest } from "../../src/wire/epm.ts";
import { decodeTower, towerBinding } from "../../src/wire/epm-tower.ts";
import { decodeRoutingBanner, routingBannerLength } from "../../src/wire/exchange-routing.ts";
import { decodeIpv4 } from "../../src/wire/ipv4.ts";
import { decodeIpv6 } from "../../src/wire/ipv6.ts";
import { decodeApRequest, decodeAsRequest, decodeKdcReply, decodeKrbError } from "../../src/wire/kerberos.ts";
import { offeredEncryptionTypes } from "../../src/wire/kerberos-encryption.ts";
import { decodeKerberosFrame, kerberosFrameLength } from "../../src/wire/kerberos-frame.ts";
import * as parts from "../../src/wire/kerberos-parts.ts";
import { changeResultOf, decodeChangeError, decodeChangeRequest } from "../../src/wire/kpasswd.ts";
import { decodeLdap, ldapFrameLength } from "../../src/wire/ldap.ts";
import { decodeLdapResult } from "../../src/wire/ldap-result.ts";
import { decodeSearchEntry, decodeSearchRequest } from "../../src/wire/ldap-search.ts";
import { decodeMsmqPing } from "../../src/wire/msmq.ts";
import { decodeNetbiosDatagram, decodeNetbiosName } from "../../src/wire/netbios.ts";
import { decodeNodeStatus } from "../../src/wire/netbios-node-status.ts";
import { decodeSessionPacket, sessionFrameLength } from "../../src/wire/netbios-session.ts";
import { decodeNetlogonResponse } from "../../src/wire/netlogon.ts";
import { decodeNtp } from "../../src/wire/ntp.ts";
import * as pseudoTls from "../../src/wire/pseudo-tls.ts";
import { decodeRdpNegotiation } from "../../src/wire/rdp-negotiation.ts";
import { decodeClientMessage, decodeServerMessage } from "../../src/wire/responder.ts";
import { decodeResponderFrame, responderFrameLength } from "../../src/wire/responder-frame.ts";
import { decodeRfbRefusal, decodeRfbVersion, rfbRefusalLength, rfbVersionLength } from "../../src/wire/rfb.ts";
import { decodeRtp } from "../../src/wire/rtp.ts";
import { decodeSccp, sccpFrameLength } from "../../src/wire/sccp.ts";
import { decodeSip, sipFrameLength } from "../../src/wire/sip.ts";
import { decodeSipAddress } from "../../src/wire/sip-address.ts";
import { decodeCseq } from "../../src/wire/sip-headers.ts";
import { decodeVia } from "../../src/wire/sip-via.ts";
import { decodeSmbFrame, smbFrameLength } from "../../src/wire/smb-frame.ts";
import { decodeSmb1 } from "../../src/wire/smb1.ts";
import { decodeSmb2 } from "../../src/wire/smb2.ts";
import * as smtp from "../../src/wire/smtp.ts";
import { bindingOid, decodeSnmp } from "../../src/wire/snmp.ts";
import { decodeInstanceRequest, decodeInstanceResponse } from "../../src/wire/sql-browser.ts";
import { decodeStun, stunFrameLength } from "../../src/wire/stun.ts";
import * as stunAttributes from "../../src/wire/stun-attributes.ts";
import { decodePrelogin, preloginFrameLength } from "../../src/wire/tds.ts";
import { decodeHandshake, handshakeLength } from "../../src/wire/tls-hello.ts";
import { decodeTlsAlert, decodeTlsRecord, tlsFrameLength } from "../../src/wire/tls-record.ts";
import { decodeUuid } from "../../src/wire/uuid.ts";
import { decodeX224, x224FrameLength } from "../../src/wire/x224.ts";
import { type Decode, Finding, judge } from "./judge.ts";
import * as messages from "./messages.ts";

export interface Codec {
  readonly decode: Decode;
  readonly messages: messages.Messages;
}

const kerberos = [...messages.kerberosRequests, ...messages.kerberosReplies];

export const CODECS: Readonly<Record<string, Codec>> = {
  decodeElement: { decode: (bytes) => ber.decodeElement(new Reader(bytes)), messages: [...messages.ldap, ...kerberos] },
  elementLength: { decode: frameLength(ber.elementLength), messages: messages.ldap },
  decodeInteger: { decode: atEveryElement(ber.decodeInteger), messages: kerberos },
  decodeBoolean: { decode: atEveryElement(ber.decodeBoolean), messages: messages.ldap },
  decodeOctets: { decode: atEveryElement(ber.decodeOctets), messages: messages.ldap },
  decodeText: { decode: atEveryElement(ber.decodeText), messages: messages.ldap },
  decodeOid: {
    decode: atEveryElement((element) => ber.decodeOid(element, element.tag)),
    messages: messages.ldap,
  },

  ldapFrameLength: { decode: frameLength(ldapFrameLength), messages: messages.ldap },
  decodeLdap: { decode: decodeLdap, messages: messages.ldap },
  decodeLdapResult: { decode: atEveryElement(decodeLdapResult), messages: messages.ldap },
  decodeSearchRequest: { decode: atEveryElement(decodeSearchRequest), messages: messages.ldap },
  decodeSearchEntry: { decode: atEveryElement(decodeSearchEntry), messages: messages.ldap },
  decodeSmtpReply: {
    decode: (bytes) => smtp.ehloExtensions(smtp.decodeSmtpReply(bytes)),
    messages: messages.smtpReplies,
  },
  smtpReplyLength: { decode: frameLength(smtp.smtpReplyLength), messages: messages.smtpReplies },
  decodeSmtpCommand: { decode: smtp.decodeSmtpCommand, messages: messages.smtpCommands },
  smtpCommandLength: { decode: frameLength(smtp.smtpCommandLength), messages: messages.smtpCommands },

  decodeSnmp: { decode: (bytes) => decodeSnmp(bytes).pdu.bindings.map(bindingOid), messages: messages.snmp },
  decodeCldap: { decode: decodeCldap, messages: messages.cldap },
  decodeNetlogonResponse: { decode: decodeNetlogonResponse, messages: messages.netlogonValues },

  pduFrameLength: { decode: frameLength(pduFrameLength), messages: messages.pdus },
  decodePdu: { decode: decodePdu, messages: messages.pdus },
  decodeBind: { decode: inBothOrders(decodeBind), messages: messages.pduBodies },
  decodeBindAck: { decode: inBothOrders(decodeBindAck), messages: messages.pduBodies },
  decodeBindNak: { decode: inBothOrders(decodeBindNak), messages: messages.pduBodies },
  decodeLookupRequest: {
    decode: inBothOrders((reader, order) => decodeLookupRequest(reader.rest(), order)),
    messages: messages.lookupRequests,
  },
  decodeLookupReply: {
    decode: inBothOrders((reader, order) => decodeLookupReply(reader.rest(), order)),
    messages: messages.lookupReplies,
  },
  decodeTower: { decode: (bytes) => towerBinding(decodeTower(new Reader(bytes))), messages: messages.towers },
  decodeUuid: { decode: inBothOrders(decodeUuid), messages: messages.pduBodies },

  kerberosFrameLength: { decode: frameLength(kerberosFrameLength), messages: messages.kerberosFrames },
  decodeKerberosFrame: { decode: decodeKerberosFrame, messages: messages.kerberosFrames },
  decodeAsRequest: { decode: decodeAsRequest, messages: kerberos },
  decodeApRequest: { decode: decodeApRequest, messages: kerberos },
  decodeKdcReply: { decode: decodeKdcReply, messages: messages.kerberosReplies },
  decodeKrbError: { decode: decodeKrbError, messages: messages.kerberosReplies },
  decodeString: { decode: atEveryElement(parts.decodeString), messages: kerberos },
  decodeTime: { decode: atEveryElement(parts.decodeTime), messages: kerberos },
  decodePrincipal: { decode: atEveryElement(parts.decodePrincipal), messages: kerberos },
  decodeEncrypted: { decode: atEveryElement(parts.decodeEncrypted), messages: kerberos },
  decodeTicket: { decode: atEveryElement(parts.decodeTicket), messages: kerberos },
  offeredEncryptionTypes: { decode: offeredEncryptionTypes, messages: messages.methodData },
  decodeChangeRequest: { decode: decodeChangeRequest, messages: messages.changeRequests },
  decodeChangeError: { decode: (bytes) => changeResultOf(decodeChangeError(bytes)), messages: messages.changeReplies },

  decodeNetbiosName: { decode: (bytes) => decodeNetbiosName(new Reader(bytes)), messages: messages.netbiosNames },
  decodeNetbiosDatagram: { decode: decodeNetbiosDatagram, messages: messages.datagrams },
  decodeNodeStatus: { decode: decodeNodeStatus, messages: messages.nodeStatuses },
  sessionFrameLength: { decode: frameLength(sessionFrameLength), messages: messages.sessionPackets },
  decodeSessionPacket: { decode: decodeSessionPacket, messages: messages.sessionPackets },
  decodeIpv4: { decode: (bytes) => decodeIpv4(new Reader(bytes)), messages: messages.datagrams },

  decodeSip: { decode: decodeSip, messages: messages.sip },
  sipFrameLength: { decode: frameLength(sipFrameLength), messages: messages.sip },
  decodeVia: { decode: ofText(decodeVia), messages: messages.sipValues },
  decodeSipAddress: { decode: ofText(decodeSipAddress), messages: messages.sipValues },
  decodeCseq: { decode: ofText(decodeCseq), messages: messages.sipValues },

  responderFrameLength: { decode: frameLength(responderFrameLength), messages: messages.responderFrames },
  decodeResponderFrame: { decode: decodeResponderFrame, messages: messages.responderFrames },
  decodeClientMessage: { decode: decodeClientMessage, messages: messages.responderFrames },
  decodeServerMessage: { decode: decodeServerMessage, messages: messages.responderFrames },

  smbFrameLength: { decode: frameLength(smbFrameLength), messages: messages.smbFrames },
  decodeSmbFrame: { decode: decodeSmbFrame, messages: messages.smbFrames },
  decodeSmb1: { decode: decodeSmb1, messages: messages.smb1 },
  decodeSmb2: { decode: decodeSmb2, messages: messages.smb2 },

  tlsFrameLength: { decode: frameLength(tlsFrameLength), messages: messages.tlsRecords },
  decodeTlsRecord: { decode: decodeTlsRecord, messages: messages.tlsRecords },
  decodeTlsAlert: { decode: decodeTlsAlert, messages: [Uint8Array.of(2, 70)] },
  handshakeLength: { decode: frameLength(handshakeLength), messages: messages.tlsHandshakes },
  decodeHandshake: { decode: decodeHandshake, messages: messages.tlsHandshakes },

  decodeNtp: { decode: decodeNtp, messages: messages.ntp },

  rfbVersionLength: { decode: frameLength(rfbVersionLength), messages: messages.rfbVersions },
  decodeRfbVersion: { decode: decodeRfbVersion, messages: messages.rfbVersions },
  rfbRefusalLength: { decode: frameLength(rfbRefusalLength), messages: messages.rfbRefusals },
  decodeRfbRefusal: { decode: decodeRfbRefusal, messages: messages.rfbRefusals },
  decodeMsmqPing: { decode: decodeMsmqPing, messages: messages.msmq },
  decodeRtp: { decode: decodeRtp, messages: messages.rtp },
  sccpFrameLength: { decode: frameLength(sccpFrameLength), messages: messages.sccp },
  decodeSccp: { decode: decodeSccp, messages: messages.sccp },

  stunFrameLength: { decode: frameLength(stunFrameLength), messages: messages.stun },
  decodeStun: { decode: withEveryAttribute, messages: messages.stun },
  decodeIpv6: { decode: (bytes) => decodeIpv6(new Reader(bytes)), messages: messages.stun },
  decodePseudoClientHello: { decode: pseudoTls.decodePseudoClientHello, messages: messages.pseudoTls },
  decodePseudoServerHello: { decode: pseudoTls.decodePseudoServerHello, messages: messages.pseudoTls },
  turnFrameLength: { decode: frameLength(pseudoTls.turnFrameLength), messages: messages.turnFrames },
  decodeTurnFrame: { decode: pseudoTls.decodeTurnFrame, messages: messages.turnFrames },

  routingBannerLength: { decode: frameLength(routingBannerLength), messages: messages.routingBanners },
  decodeRoutingBanner: { decode: decodeRoutingBanner, messages: messages.routingBanners },

  preloginFrameLength: { decode: frameLength(preloginFrameLength), messages: messages.prelogins },
  decodePrelogin: { decode: decodePrelogin, messages: messages.prelogins },

  decodeInstanceRequest: { decode: decodeInstanceRequest, messages: messages.instanceRequests },
  decodeInstanceResponse: { decode: decodeInstanceResponse, messages: messages.instanceResponses },

  x224FrameLength: { decode: frameLength(x224FrameLength), messages: messages.x224 },
  decodeX224: { decode: decodeX224, messages: messages.x224 },
  decodeRdpNegotiation: { decode: decodeRdpNegotiation, messages: messages.rdpNegotiations },
  decodeDns: { decode: decodeDns, messages: messages.dns },
  decodeDnsFrame: { decode: decodeDnsFrame, messages: messages.dnsFrames },
  dnsFrameLength: { decode: frameLength(dnsFrameLength), messages: messages.dnsFrames },
  dnsFrameId: { decode: dnsFrameId, messages: messages.dnsFrames },
};

/** A frame without length would be cut off for ever, one without end awaited for ever. */
export function frameLength(measure: (buffered: Uint8Array) => number | undefined): Decode {
  return (bytes) => {
    const length = measure(bytes);
    if (length === undefined || (Number.isSafeInteger(length) && length > 0)) return;
    throw new Finding(`a frame of ${length} bytes`);
  };
}

/** Decoders of a header's value meet it as the message's decoder hands it on. */
function ofText(decode: (text: string) => unknown): Decode {
  return (bytes) => decode(utf8Text(bytes));
}

function inBothOrders(decode: (reader: Reader, order: ByteOrder) => unknown): Decode {
  return (bytes) => {
    for (const order of ["be", "le"] as const) judge(() => decode(new Reader(bytes), order), bytes);
  };
}

/** What each attribute of a STUN message says, whatever its type. */
function withEveryAttribute(bytes: Uint8Array): void {
  const message = decodeStun(bytes);
  judge(() => stunAttributes.errorOf(message), bytes);
  const { addressOf, numberOf, textOf } = stunAttributes;
  for (const { type } of message.attributes) {
    for (const read of [addressOf, numberOf, textOf]) judge(() => read(message, type), bytes);
  }
}

/** More elements than any message of a peer has, and few enough to try each. */
const MAX_ELEMENTS = 256;

/** Decoders of one BER element meet each element of the input, whatever its tag. */
function atEveryElement(decode: (element: ber.Element) => unknown): Decode {
  return (bytes) => {
    const elements = [ber.decodeElement(new Reader(bytes))];
    for (let at = 0; at < elements.length && at < MAX_ELEMENTS; at++) {
      const element = elements[at]!;
      judge(() => decode(element), bytes);
      for (const child of element.children) elements.push(child);
    }
  };
}
