/** An agent's configuration from its file. Everything wrong with it comes back with its place. */
import { dirname, isAbsolute, join } from "node:path";
import { MEDIA_PROBE } from "../profile/conditions.ts";
import { ConfigError } from "../profile/config-error.ts";
import type { Path, YamlPlaces } from "../profile/places.ts";
import { splitPortsWord } from "../profile/ports.ts";
import { parseSiteWith, type SiteWords } from "../profile/site-file.ts";
import type { AgentConfig, WebhookConfig } from "./config.ts";
import { addressAndPort, checkListen, listenOf } from "./config-listen.ts";
import { scheduleOf } from "./config-schedules.ts";
import { agentSchema, type WrittenAgent, type WrittenSchedule } from "./config-schema.ts";
import { interpolate, type Surroundings } from "./interpolate.ts";
import { sizeBytes } from "./quantities.ts";

const DEFAULT_HISTORY_BYTES = 64e6;
const MIN_HISTORY_BYTES = 1e6;
const DEFAULT_DAMPING = { need: 2, of: 3 };
const DEFAULT_LIMITS = { concurrency: 64, ratePerS: 2_000 };

/**
 * Reads a configuration. `words` are the roles and profiles that a site may name. Throws ConfigError with the first
 * mistake in the file, then for what the surroundings lack; no secret is quoted.
 */
export async function parseAgentConfig(
  text: string,
  file: string,
  words: SiteWords,
  surroundings: Surroundings,
): Promise<AgentConfig> {
  const schema = agentSchema(Object.keys(words.roles));
  const { site, written, places } = parseSiteWith(schema, text, file, words, (all, report) => {
    for (const mistake of mistakesIn(all, words)) report(...mistake);
  });
  const fill = (path: Path, word: string) =>
    interpolate(word, surroundings).catch((error: unknown) => {
      throw error instanceof ConfigError ? error.at(places.of(path)) : error;
    });
  const listen = await listenOf(written.listen, fill);
  const history = written.history;
  const gateway = written["self-check"]?.gateway ?? true;
  const anchor = written["self-check"]?.anchor;
  return {
    file,
    site,
    schedules: schedulesIn(written).map(([name, path, one]) => ({
      ...scheduleOf(name, one, words),
      place: places.of(path),
    })),
    ...(listen !== undefined && { listen: { ...listen, place: places.of(["listen"]) } }),
    ...(history !== undefined && { history: { dir: besideOf(file, history.dir), maxBytes: bytesOf(history.max) } }),
    damping:
      written.damping === undefined ? DEFAULT_DAMPING : { need: written.damping.changes, of: written.damping.of },
    alerts: await Promise.all((written.alerts ?? []).map(({ webhook }, at) => webhookOf(webhook, at, fill, places))),
    selfCheck: { gateway, ...(anchor !== undefined && { anchor: endpointOf(anchor) }) },
    limits: {
      concurrency: written.limits?.concurrency ?? DEFAULT_LIMITS.concurrency,
      ratePerS: written.limits?.rate ?? DEFAULT_LIMITS.ratePerS,
    },
    ...(written["key-file"] !== undefined && { keyFile: besideOf(file, written["key-file"]) }),
    secrets: Object.entries(written.secrets ?? {}).map(([name, path]) => `${name}=${besideOf(file, path)}`),
  };
}

/** A path of the configuration as it is from where we stand. */
export function besideOf(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

type Fill = (path: Path, word: string) => Promise<string>;
type Mistake = readonly [path: Path, error: ConfigError];

/** What the shape alone does not show. */
function* mistakesIn(written: WrittenAgent, words: SiteWords): Generator<Mistake> {
  const schedules = schedulesIn(written);
  if (written.schedule !== undefined && written.schedules !== undefined) {
    yield [
      ["schedules"],
      new ConfigError(`"schedules" stands beside "schedule"`, "give the other a name under schedules"),
    ];
  } else if (schedules.length === 0) {
    yield [[], new ConfigError(`"schedule" is missing`, "for instance schedule: {every: 60s}")];
  }
  for (const [name, path, one] of schedules) yield* mistakeOf(path, () => scheduleOf(name, one, words));
  const media = written.with.indexOf(MEDIA_PROBE);
  if (media !== -1) {
    const meant = "ask them by hand, with run";
    yield [["with", media], new ConfigError(`an agent never asks media ports: they could disturb a live call`, meant)];
  }
  if (written.responders.length > 0 && written["key-file"] === undefined) {
    yield [["responders"], new ConfigError("responders answer nobody without their key", `add "key-file": FILE`)];
  }
  yield* mistakeOf(["listen"], () => checkListen(written.listen));
  yield* mistakeOf(["history", "max"], () => bytesOf(written.history?.max));
  const { changes = 1, of = 1 } = written.damping ?? {};
  if (changes > of) yield [["damping", "changes"], new ConfigError(`${changes} of ${of} runs can never agree`)];
  const anchor = written["self-check"]?.anchor;
  if (anchor !== undefined) yield* mistakeOf(["self-check", "anchor"], () => endpointOf(anchor));
}

function* mistakeOf(path: Path, read: () => unknown): Generator<Mistake> {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    yield [path, error];
  }
}

function schedulesIn({ schedule, schedules }: WrittenAgent): readonly (readonly [string, Path, WrittenSchedule])[] {
  const named = Object.entries(schedules ?? {}).map(([name, one]) => [name, ["schedules", name], one] as const);
  return schedule === undefined ? named : [["default", ["schedule"], schedule], ...named];
}

function endpointOf(word: string): NonNullable<AgentConfig["selfCheck"]["anchor"]> {
  const { transport, ports } = splitPortsWord(word);
  // What is silent over UDP may be there all the same, and would silence every alarm.
  if (transport === "udp")
    throw new ConfigError(`the anchor "${word}" cannot be asked over UDP`, `take tcp/${ports}, or another`);
  return { transport, ...addressAndPort(ports) };
}

function bytesOf(word: string | undefined): number {
  if (word === undefined) return DEFAULT_HISTORY_BYTES;
  const bytes = sizeBytes(word)!;
  if (bytes >= MIN_HISTORY_BYTES) return bytes;
  throw new ConfigError(`${word} is too little`, "at least 1MB");
}

type WrittenWebhook = NonNullable<WrittenAgent["alerts"]>[number]["webhook"];

async function webhookOf(written: WrittenWebhook, at: number, fill: Fill, places: YamlPlaces): Promise<WebhookConfig> {
  const path = ["alerts", at, "webhook"];
  const url = await fill([...path, "url"], written.url);
  const mistake = urlMistake(url);
  if (mistake !== undefined) throw mistake.at(places.of([...path, "url"]));
  const entries = Object.entries(written.headers ?? {}).map(
    async ([name, word]) => [name, await fill([...path, "headers", name], word)] as const,
  );
  return { url, format: written.format ?? "json", headers: Object.fromEntries(await Promise.all(entries)) };
}

/** The URL itself may be the secret, and is not quoted. */
function urlMistake(url: string): ConfigError | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    return new ConfigError("the web hook has no URL of http or https", "for instance http://127.0.0.1:9999/hook");
  }
  if (parsed.username === "" && parsed.password === "") return undefined;
  return new ConfigError("the URL of the web hook holds a password", "send it in a header: Authorization");
}
