/** Times as people read them. Moments are milliseconds since 1970. */

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** `9 s`, `38 min`, `2 h`, `3 d`: whole units, the largest of which there is one. A moment in the future is `0 s`. */
export function ageText(ms: number): string {
  const { name, ms: unitMs } = UNITS.find((unit) => ms >= unit.ms) ?? { name: "s", ms: 1_000 };
  return `${Math.max(0, Math.floor(ms / unitMs))} ${name}`;
}

/** `10 ms`, `3.2 s`, `95 s`: how long something took. */
export function tookText(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}

/** `0.4 ms`, `412 ms`. */
export function millisecondsText(ms: number): string {
  return `${ms < 10 ? ms : Math.round(ms)} ms`;
}

/** The reader's own wall clock: `18:40:02` on the same day, else `2026-11-20 18:40`. */
export function clockText(at: number, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "an unknown time";
  const day = dayText(date);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits);
  return day === dayText(new Date(now)) ? time.join(":") : `${day} ${time.slice(0, 2).join(":")}`;
}

/** `2026-11-20`, by the reader's clock. */
function dayText(date: Date): string {
  return [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, "0");
}

/** Whole days until a moment; negative when it is over. */
export function daysUntil(at: number, now: number): number {
  return Math.floor((at - now) / 86_400_000);
}
