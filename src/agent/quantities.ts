/** Times and sizes as a configuration writes them: a number with its unit. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
export const SHARE = /^(\d+(?:\.\d+)?)%$/;
export const SIZE = /^(\d+(?:\.\d+)?) ?([kMG]B|[KMG]iB)$/;

/** `60s`, `1.5h`: milliseconds; undefined where the word is none. */
export function durationMs(word: string): number | undefined {
  const [, number, unit] = DURATION.exec(word) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * UNIT_MS[unit!]!);
}

/** `10%`: 0.1; undefined where the word is none. */
export function shareOf(word: string): number | undefined {
  const [, number] = SHARE.exec(word) ?? [];
  return number === undefined ? undefined : Number(number) / 100;
}

/** `64MB`: 64,000,000 bytes; `64MiB` is a little more. Undefined where the word is none. */
export function sizeBytes(word: string): number | undefined {
  const [, number, unit] = SIZE.exec(word) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * UNIT_BYTES[unit!]!);
}
