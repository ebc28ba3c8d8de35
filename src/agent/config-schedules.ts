/** When a schedule asks, as its configuration writes it: an interval or a cron pattern, and a jitter. */
import { Cron } from "croner";
import { findProfile } from "../profile/catalogue.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { SiteWords } from "../profile/site-file.ts";
import type { ScheduleConfig, When } from "./config.ts";
import type { WrittenSchedule } from "./config-schema.ts";
import { durationMs, shareOf } from "./quantities.ts";

const EVERY_MS = { least: 1_000, most: 7 * 86_400_000 };

/** Throws ConfigError without a place. */
export function scheduleOf(
  name: string,
  written: WrittenSchedule,
  { profiles }: SiteWords,
): Omit<ScheduleConfig, "place"> {
  const when = whenOf(written);
  return {
    name,
    when,
    jitterMs: jitterOf(written.jitter, when),
    ...(written.profiles !== undefined && { profiles: written.profiles.map((word) => findProfile(profiles, word).id) }),
    only: written.only ?? [],
    skip: written.skip ?? [],
  };
}

function whenOf({ every, cron, timezone }: WrittenSchedule): When {
  if ((every === undefined) === (cron === undefined)) {
    throw new ConfigError(`a schedule wants either "every" or "cron"`, "for instance {every: 60s}");
  }
  if (cron !== undefined) return cronOf(cron, timezone);
  if (timezone !== undefined) throw new ConfigError(`"timezone" is of no use beside "every"`, "leave it out");
  const everyMs = durationMs(every!)!;
  if (everyMs >= EVERY_MS.least && everyMs <= EVERY_MS.most) return { everyMs };
  throw new ConfigError(`every ${every} is out of bounds`, "1s to 7d");
}

function cronOf(cron: string, timezone: string | undefined): When {
  const when = { cron, ...(timezone !== undefined && { timezone }) };
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw new ConfigError(`there is no time zone "${timezone}"`, "for instance Europe/Berlin");
  }
  let next: Date | null;
  try {
    next = new Cron(cron, { paused: true, ...when }).nextRun();
  } catch (error) {
    const why = (error as Error).message.replace(/^\w+: /, "");
    throw new ConfigError(`cron "${cron}" is not understood: ${why}`, "for instance */5 * * * *");
  }
  if (next === null) throw new ConfigError(`cron "${cron}" never comes`);
  return when;
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** At most half the interval: a run that is late must not come upon the next. */
function jitterOf(word: string | undefined, when: When): number {
  if (word === undefined) return 0;
  const share = shareOf(word);
  if (share !== undefined && !("everyMs" in when)) {
    throw new ConfigError(`jitter ${word} is a share of "every", which is not there`, "give a time, for instance 10s");
  }
  const jitterMs = share === undefined ? durationMs(word)! : share * (when as { readonly everyMs: number }).everyMs;
  const mostMs = "everyMs" in when ? when.everyMs / 2 : 3_600_000;
  if (jitterMs <= mostMs) return Math.round(jitterMs);
  throw new ConfigError(`jitter ${word} is above the limit`, "everyMs" in when ? "at most 50%" : "at most 1h");
}
