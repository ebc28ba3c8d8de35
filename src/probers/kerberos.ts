/**
 * Kerberos (RFC 4120): asks a key distribution centre for a ticket for somebody who does not exist. The refusal proves
 * the service, shows its clock, and touches no account.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Oneshot, Reading } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import { asRequest, decodeKdcReply, encodeAsRequest, type KrbError } from "../wire/kerberos.ts";
import { encryptionTypeName, offeredEncryptionTypes } from "../wire/kerberos-encryption.ts";
import { krbErrorName, krbErrorText } from "../wire/kerberos-errors.ts";
import { decodeKerberosFrame, encodeKerberosFrame } from "../wire/kerberos-frame.ts";
import { formatPrincipal } from "../wire/kerberos-parts.ts";
import { type Exchange, errorEvidence, readClock } from "./kerberos-error.ts";
import { chooseRealm, factsForRealm, REALM_PARAM } from "./realm.ts";

interface Params {
  readonly realm?: string;
}

const PREAUTH_REQUIRED = 25;

export const kerberos: Oneshot<Params> = {
  kind: "oneshot",
  id: "kerberos",
  transports: ["tcp", "udp"],
  silence: "fail",
  // A key distribution centre looks into its database before it answers.
  schedule: { sendsAtMs: [0, 1_000, 3_000], giveUpMs: 6_000, replyFrom: "same" },
  // Each request is a line in the audit log, and many in a row look like somebody who tries names.
  manners: { minIntervalMs: 60_000 },
  params: { realm: REALM_PARAM },
  wants: ({ realm }, host) => factsForRealm(realm, host),
  about: {
    protocol: "Kerberos",
    title: "Kerberos AS-REQ for a random principal",
    sends:
      "An AS-REQ without pre-authentication for unity-probe-<16 random hex digits>, for krbtgt of the realm, some 160 bytes; over TCP behind a length of four bytes.",
    accepts:
      "KRB-ERROR with any code: a refusal by the service. A principal that it names must be ours. An AS-REP counts too, and is thrown away.",
    proves:
      "A key distribution centre answered, and how far its clock is from ours. Over UDP only that small datagrams pass.",
    triggers:
      "A line in the audit log (Windows: event 4768, result 0x6). No account is named and no password tried, so nothing can be locked out.",
    specification: ["RFC 4120 sections 3.1, 5.4, 5.9, 7.2 and 7.5.9", "MS-KILE section 3.3.5"],
  },
  start(params, ask) {
    const overTcp = ask.remote.transport === "tcp";
    const { realm, realmFrom } = chooseRealm(params.realm, ask);
    const principal = `unity-probe-${hexText(ask.world.randomBytes(8))}`;
    // 31 bits, because some servers read the nonce as a signed number.
    const nonce = new Reader(ask.world.randomBytes(4)).u32("be") >>> 1;
    const message = encodeAsRequest(asRequest(principal, realm, nonce));
    const asked: Evidence = { principal, realm, realmFrom };
    let sentWallMs = 0;
    return {
      request() {
        sentWallMs = ask.world.wallMs();
        return overTcp ? encodeKerberosFrame(message) : message;
      },
      read(bytes) {
        const whole = overTcp ? decodeKerberosFrame(bytes) : bytes;
        if (whole === undefined) return {};
        const reply = decodeKdcReply(whole);
        const named = reply.client && formatPrincipal(reply.client);
        if (named !== undefined && named !== principal) {
          if (overTcp) throw new WireError("malformed", "an answer about somebody else", 0);
          return {};
        }
        const reading =
          reply.type === "asReply"
            ? ticketGiven(asked)
            : refusal(reply, asked, { sentWallMs, arrivedWallMs: ask.world.wallMs() });
        return { final: overTcp ? reading : overUdp(reading, named !== undefined) };
      },
    };
  },
};

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function refusal(error: KrbError, asked: Evidence, exchange: Exchange): Reading {
  const clock = readClock(error, exchange);
  const offers = offersOf(error);
  const warnings = [clock.warning, offers.warning].filter((warning) => warning !== undefined);
  const otherRealm = error.clientRealm !== undefined && error.clientRealm !== asked.realm;
  return {
    service: "refused",
    detail: `KRB-ERROR ${krbErrorText(error.code)}, clock ${clock.text}`,
    evidence: {
      ...asked,
      ...errorEvidence(error),
      errorName: krbErrorName(error.code),
      clockOffsetMs: clock.offsetMs,
      ...(otherRealm ? { clientRealm: error.clientRealm } : {}),
      ...(offers.names === undefined ? {} : { offeredEncryption: offers.names }),
    },
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** What the server would take for pre-authentication; a fault in it does not take the error back. */
function offersOf(error: KrbError): { readonly names?: readonly string[]; readonly warning?: string } {
  if (error.code !== PREAUTH_REQUIRED || error.data === undefined) return {};
  try {
    return { names: offeredEncryptionTypes(error.data).map(encryptionTypeName) };
  } catch (fault) {
    if (!(fault instanceof WireError)) throw fault;
    return { warning: `the offer of encryption types could not be read: ${fault.message}` };
  }
}

function ticketGiven(asked: Evidence): Reading {
  return {
    service: "confirmed",
    detail: "AS-REP, which was thrown away",
    evidence: asked,
    warnings: ["a ticket was given for a random name: no account of that name should exist"],
  };
}

/** Real tickets are larger than a datagram without fragments, so the table must not show more than was asked. */
function overUdp(reading: Reading, nameEchoed: boolean): Reading {
  return {
    ...reading,
    detail: `${reading.detail} (small datagram; fragments not tested)`,
    evidence: {
      ...reading.evidence,
      fragments: "not tested",
      // Without our random name in the answer, only address and ports tie it to the request.
      ...(nameEchoed ? {} : { spoofResistance: "port-only" }),
    },
  };
}
