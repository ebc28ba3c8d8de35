/**
 * The Kerberos change-password service (RFC 3244). It answers only what looks like a whole request, so it is given one
 * whose ticket, authenticator and new password are random or empty: it cannot be decrypted, names nobody, and is
 * refused.
 */
import type { Evidence } from "../model/evidence.ts";
import type { Oneshot, Reading } from "../model/prober.ts";
import type { KrbError } from "../wire/kerberos.ts";
import { krbErrorName, krbErrorText } from "../wire/kerberos-errors.ts";
import { decodeKerberosFrame, encodeKerberosFrame } from "../wire/kerberos-frame.ts";
import { type EncryptedData, NAME_TYPE } from "../wire/kerberos-parts.ts";
import { changeResultName, changeResultOf, decodeChangeError, encodeChangeRequest } from "../wire/kpasswd.ts";
import { type Exchange, errorEvidence, readClock } from "./kerberos-error.ts";
import { chooseRealm, factsForRealm, REALM_PARAM } from "./realm.ts";

interface Params {
  readonly realm?: string;
}

const AES256 = 18;
const CIPHER_BYTES = 64;

/** In place of the KRB-PRIV: without anything behind the AP-REQ, servers say nothing at all. */
const NO_PASSWORD = new Uint8Array(8);

export const kpasswd: Oneshot<Params> = {
  kind: "oneshot",
  id: "kpasswd",
  transports: ["tcp", "udp"],
  silence: "fail",
  schedule: { sendsAtMs: [0, 1_000, 3_000], giveUpMs: 6_000, replyFrom: "same" },
  // Each request is logged as an attempt to change a password.
  manners: { minIntervalMs: 300_000 },
  params: { realm: REALM_PARAM },
  wants: ({ realm }, host) => factsForRealm(realm, host),
  about: {
    protocol: "kpasswd",
    title: "Kerberos change-password request that cannot succeed",
    sends:
      "A change-password message with an AP-REQ for kadmin/changepw whose cipher texts are 64 random bytes each, and 8 zero bytes behind it, some 250 bytes; over TCP behind a length of four bytes.",
    accepts:
      "A change-password message without an AP-REP, with a KRB-ERROR of any code; or the KRB-ERROR alone, as clients know it from Active Directory.",
    proves: "A change-password service answered, and how far its clock is from ours.",
    triggers:
      "A log line about a failed attempt to change a password. No account is named, so nothing can be locked out or changed.",
    specification: ["RFC 3244 section 2", "RFC 4120 sections 5.5.1 and 5.9.1"],
  },
  start(params, ask) {
    const overTcp = ask.remote.transport === "tcp";
    const { realm, realmFrom } = chooseRealm(params.realm, ask);
    const noise = (): EncryptedData => ({
      encryptionType: AES256,
      cipher: ask.world.randomBytes(CIPHER_BYTES),
    });
    const server = { type: NAME_TYPE.serviceInstance, parts: ["kadmin", "changepw"] };
    const message = encodeChangeRequest({
      apRequest: { ticket: { realm, server, encrypted: noise() }, authenticator: noise() },
      privateMessage: NO_PASSWORD,
    });
    // Nothing secret comes back: over UDP only address and ports tie an answer to the request.
    const asked: Evidence = { realm, realmFrom, ...(overTcp ? {} : { spoofResistance: "port-only" }) };
    let sentWallMs = 0;
    return {
      request() {
        sentWallMs = ask.world.wallMs();
        return overTcp ? encodeKerberosFrame(message) : message;
      },
      read(bytes) {
        const whole = overTcp ? decodeKerberosFrame(bytes) : bytes;
        if (whole === undefined) return {};
        const error = decodeChangeError(whole);
        return { final: refusal(error, asked, { sentWallMs, arrivedWallMs: ask.world.wallMs() }) };
      },
    };
  },
};

function refusal(error: KrbError, asked: Evidence, exchange: Exchange): Reading {
  const clock = readClock(error, exchange);
  const result = changeResultOf(error);
  const resultText = result?.text.trim();
  // Samba writes its result where the error code belongs, and the code's own name would say something else.
  const named = error.code !== result?.code;
  const because = result === undefined ? "" : `, result ${changeResultName(result)}`;
  return {
    service: "refused",
    detail: `KRB-ERROR ${named ? krbErrorText(error.code) : error.code}${because}, clock ${clock.text}`,
    evidence: {
      ...asked,
      ...errorEvidence(error),
      ...(named ? { errorName: krbErrorName(error.code) } : {}),
      ...(result === undefined ? {} : { result: changeResultName(result) }),
      ...(resultText ? { resultText } : {}),
      clockOffsetMs: clock.offsetMs,
    },
    ...(clock.warning === undefined ? {} : { warnings: [clock.warning] }),
  };
}
