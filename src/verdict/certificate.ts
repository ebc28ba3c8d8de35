/**
 * What is wrong with the TLS of a check, in sentences with the facts: an expired certificate and one that ends soon, an
 * issuer that is not trusted here, another name. They are warnings, because the service answered all the same; a row
 * that wants strict TLS fails by them.
 */
import type { Evidence } from "../model/evidence.ts";
import { type TlsSeen, UNFINISHED_HANDSHAKE } from "../model/observation.ts";
import type { CheckSeen } from "../model/result.ts";

const DAY_MS = 86_400_000;
const ENDS_SOON_DAYS = 30;
const NAMES_TOLD = 3;
const TEXT_TOLD = 120;

/** The faults of the TLS that a check saw at `wallMs`, or that it saw none although its row wants it. */
export function tlsFaults({ check, reading, observations }: CheckSeen, wallMs: number): readonly string[] {
  const tls = observations.findLast((seen) => seen.tls?.version !== undefined)?.tls;
  if (tls !== undefined) return certificateFaults(tls, wallMs);
  const answered = reading?.service === "confirmed" || reading?.service === "refused";
  return check.tls !== undefined && answered ? ["the service answered without TLS"] : [];
}

/** The faults of the certificate that a finished handshake showed, at `wallMs`. */
export function certificateFaults(tls: TlsSeen, wallMs: number): readonly string[] {
  const [leaf = {}] = tls.chain;
  const dates = dateFault(leaf, wallMs);
  return [
    ...(dates === undefined ? [] : [dates.text]),
    ...trustFaults(tls, leaf, dates?.code),
    ...nameFaults(tls, leaf),
  ];
}

/** `code` is OpenSSL's word for the same fault, where it has one. */
function dateFault(leaf: Evidence, wallMs: number): { readonly text: string; readonly code?: string } | undefined {
  const [begins, ends] = [leaf.notBefore, leaf.notAfter].map(String) as [string, string];
  const [beginsInMs, endsInMs] = [Date.parse(begins) - wallMs, Date.parse(ends) - wallMs];
  if (endsInMs < 0) {
    return { text: `the certificate expired ${days(-endsInMs)} ago (${dayOf(ends)})`, code: "CERT_HAS_EXPIRED" };
  }
  if (beginsInMs > 0) {
    const text = `the certificate is not valid yet: it begins in ${days(beginsInMs)} (${dayOf(begins)})`;
    return { text, code: "CERT_NOT_YET_VALID" };
  }
  if (endsInMs <= ENDS_SOON_DAYS * DAY_MS)
    return { text: `the certificate ends in ${days(endsInMs)} (${dayOf(ends)})` };
  return undefined;
}

/** OpenSSL tells one fault only: when that is the date, nothing is known of the issuer. */
function trustFaults({ verifyError }: TlsSeen, leaf: Evidence, told: string | undefined): readonly string[] {
  if (verifyError === undefined || verifyError === told) return [];
  if (verifyError === UNFINISHED_HANDSHAKE) {
    return [
      "the certificate was read and not verified: the handshake was not finished, so nobody proved to hold its key",
    ];
  }
  return [`the certificate is not trusted here: ${verifyError}, issued by ${short(String(leaf.issuer ?? "nobody"))}`];
}

function nameFaults({ serverName, nameMatches }: TlsSeen, leaf: Evidence): readonly string[] {
  if (nameMatches !== false) return [];
  const names = Array.isArray(leaf.names) ? leaf.names.map(String) : [];
  const told = names.length === 0 ? [String(leaf.subject ?? "nothing")] : names.slice(0, NAMES_TOLD);
  const more = names.length > NAMES_TOLD ? ` and ${names.length - NAMES_TOLD} more` : "";
  const borne = `${told.map(short).join(", ")}${more}`;
  return [`the certificate bears another name: asked for ${serverName}, it names ${borne}`];
}

/** Whole days: `less than a day`, `1 day`, `12 days`. */
function days(ms: number): string {
  const whole = Math.floor(ms / DAY_MS);
  return whole === 0 ? "less than a day" : `${whole} day${whole === 1 ? "" : "s"}`;
}

function dayOf(isoTime: string): string {
  return isoTime.slice(0, "2026-11-21".length);
}

function short(text: string): string {
  return text.length <= TEXT_TOLD ? text : `${text.slice(0, TEXT_TOLD)}…`;
}
