/** The certificates that were shown, each once, with the days that are left. */
import type { StatusCell } from "../report/status-document.ts";
import { daysUntil } from "./time.ts";

/** So many days before its end a certificate is worth a warning (verdict/certificate.ts). */
export const SOON_DAYS = 30;

export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly days: number;
  readonly notAfter: string;
  /** Whoever showed it. */
  readonly cells: readonly StatusCell[];
}

/** The days that the certificate of a cell has left; undefined where it showed none. */
export function certificateDays({ result }: StatusCell, now: number): number | undefined {
  const { certificateNotAfter: end } = result.evidence;
  const at = typeof end === "string" ? Date.parse(end) : Number.NaN;
  return Number.isNaN(at) ? undefined : daysUntil(at, now);
}

/** Those that end first, first. */
export function certificatesOf(cells: readonly StatusCell[], now: number): readonly ShownCertificate[] {
  const shown = new Map<string, ShownCertificate>();
  for (const cell of cells) {
    const days = certificateDays(cell, now);
    if (days === undefined) continue;
    const { certificateSubject, certificateIssuer, certificateNotAfter, certificateSha256 } = cell.result.evidence;
    const key = `${certificateSha256 ?? [certificateSubject, certificateNotAfter]}`;
    shown.set(key, {
      subject: `${certificateSubject || "no subject"}`,
      issuer: `${certificateIssuer || "no issuer"}`,
      days,
      notAfter: `${certificateNotAfter}`,
      cells: [...(shown.get(key)?.cells ?? []), cell],
    });
  }
  return [...shown.values()].sort((a, b) => a.days - b.days);
}

/** `12 days`, `ended 3 days ago`. */
export function daysText(days: number): string {
  const plural = (count: number) => `${count} day${count === 1 ? "" : "s"}`;
  return days < 0 ? `ended ${plural(-days)} ago` : plural(days);
}
