/** FILETIME (MS-DTYP section 2.3.3): the time as steps of 100 ns since 1601-01-01 UTC, 0 where it is not known. */

/** Milliseconds from 1601-01-01, when it began, to 1970-01-01. */
const UNIX_EPOCH_MS = 11_644_473_600_000;
const STEPS_PER_MS = 10_000;

/** Milliseconds since 1970 UTC, to about a microsecond. Ask first that it is not 0. */
export function unixMsFromFiletime(filetime: bigint): number {
  const wholeMs = Number(filetime / BigInt(STEPS_PER_MS)) - UNIX_EPOCH_MS;
  return wholeMs + Number(filetime % BigInt(STEPS_PER_MS)) / STEPS_PER_MS;
}

export function filetimeFromUnixMs(unixMs: number): bigint {
  const wholeMs = Math.floor(unixMs);
  const steps = Math.round((unixMs - wholeMs) * STEPS_PER_MS);
  return BigInt(wholeMs + UNIX_EPOCH_MS) * BigInt(STEPS_PER_MS) + BigInt(steps);
}
