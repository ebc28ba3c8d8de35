/** How clock offsets are told: several protocols show the server's time, and Kerberos cares (RFC 4120 section 1.6). */

/** Kerberos refuses a client whose clock is further away than this, unless somebody changed it. */
const KERBEROS_ALLOWANCE_MS = 300_000;
const WORTH_A_WARNING_MS = 60_000;

/** `+0.02 s`, `-3600.00 s`: the server's clock less ours. */
export function formatOffset(offsetMs: number): string {
  const hundredths = Math.round(offsetMs / 10);
  return `${hundredths < 0 ? "-" : "+"}${(Math.abs(hundredths) / 100).toFixed(2)} s`;
}

/** A warning for clocks that are a minute apart or more; undefined below that. */
export function clockWarning(offsetMs: number): string | undefined {
  const apartMs = Math.abs(offsetMs);
  if (apartMs <= WORTH_A_WARNING_MS) return undefined;
  const apart = `the clocks are ${(apartMs / 1000).toFixed(2)} s apart`;
  if (apartMs <= KERBEROS_ALLOWANCE_MS) return `${apart}; Kerberos stops working at 300 s`;
  return `${apart}: more than the 300 s that Kerberos allows`;
}
