/**
 * The secrets that the rows of a plan name: `--secret NAME=FILE`, or UNITY_PROBE_SECRET_<NAME> in the environment. A
 * value on the command line would stand in every list of processes. What is wrong with one is told before anything is
 * sent; the secret itself is never told.
 */
import { type FileHandle, open } from "node:fs/promises";
import { secretOf } from "../engine/secret-turns.ts";
import type { Plan } from "../model/check.ts";
import type { Secret, World } from "../model/prober.ts";
import { loadProber } from "../probers/index.ts";
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean } from "../profile/nearest.ts";
import { MAX_TEXT_LENGTH } from "../profile/text.ts";
import { fileTrouble } from "./file-trouble.ts";

/** Variables of the environment that begin so are secrets, and no flag's twin. */
export const SECRET_PREFIX = "UNITY_PROBE_SECRET_";

/** What reading secrets needs to know of the machine. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Tells the user one line. */
  tell(line: string): void;
}

export const THIS_MACHINE: Machine = {
  env: process.env,
  platform: process.platform,
  tell: (line) => void process.stderr.write(`unity-probe: ${line}\n`),
};

/** What the rows of a plan want of one secret. */
interface Wish {
  /** The first row that sends it, or undefined while none does. */
  readonly service?: string;
  readonly maxBytes: number;
}

/** The secrets of a plan by their names. `words` are `NAME=FILE`. Throws ConfigError. */
export async function secretsFor(plan: Plan, words: readonly string[], machine: Machine): Promise<World["secret"]> {
  const wishes = await wishesOf(plan);
  const files = new Map(words.map((word) => parseWord(word, [...wishes.keys()])));
  const secrets = new Map<string, Secret>();
  for (const [name, wish] of wishes) {
    const secret = await secretFrom(name, files.get(name), wish.maxBytes, machine);
    if (secret !== undefined) secrets.set(name, secret);
    else if (wish.service !== undefined) {
      const meant = `add --secret ${name}=FILE, or set ${variableOf(name)}`;
      throw new ConfigError(`the row "${wish.service}" wants the secret "${name}"`, meant);
    }
  }
  return (name) => secrets.get(name);
}

async function wishesOf(plan: Plan): Promise<ReadonlyMap<string, Wish>> {
  const wishes = new Map<string, Wish>();
  for (const check of plan.checks) {
    const prober = await loadProber(check.prober);
    const sends = check.skip === undefined && secretOf(check, prober) !== undefined;
    for (const [param, { type, maxLength = MAX_TEXT_LENGTH }] of Object.entries(prober.params)) {
      const name = check.params[param];
      if (type !== "secret" || typeof name !== "string") continue;
      const before = wishes.get(name);
      const service = before?.service ?? (sends ? check.row.service : undefined);
      const maxBytes = Math.min(maxLength, before?.maxBytes ?? maxLength);
      wishes.set(name, { maxBytes, ...(service === undefined ? {} : { service }) });
    }
  }
  return wishes;
}

function parseWord(word: string, known: readonly string[]): readonly [name: string, file: string] {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(word) ?? [];
  // What was typed may be the secret itself.
  if (name === undefined || file === undefined) throw new ConfigError("--secret is not NAME=FILE");
  if (known.includes(name)) return [name, file];
  const meant = known.length === 0 ? "the chosen rows name no secret" : `there is ${known.join(", ")}`;
  throw new ConfigError(`no row names a secret "${name}"`, didYouMean(name, known) ?? meant);
}

/** From the file, else from the environment; undefined where neither is given. An empty variable counts as none. */
async function secretFrom(
  name: string,
  file: string | undefined,
  maxBytes: number,
  machine: Machine,
): Promise<Secret | undefined> {
  if (file !== undefined) return fileSecret(file, maxBytes, machine);
  const variable = variableOf(name);
  const value = machine.env[variable];
  if (value === undefined || value === "") return undefined;
  // An environment lives no longer than its process, in which nothing changes it.
  return { bytes: usable(new TextEncoder().encode(value), variable, maxBytes), version: "environment" };
}

/** `UNITY_PROBE_SECRET_BIND_PASSWORD` for `bind-password`. */
function variableOf(name: string): string {
  return SECRET_PREFIX + name.toUpperCase().replaceAll("-", "_");
}

const OTHERS_READ_OR_WRITE = 0o006;

async function fileSecret(file: string, maxBytes: number, machine: Machine): Promise<Secret> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const stat = await handle.stat();
    const { mode, mtimeMs, size } = stat;
    if (stat.isDirectory()) throw new ConfigError(`${file} is no file`);
    if (machine.platform === "win32") machine.tell(`who else can read ${file} is not checked on Windows`);
    else if ((mode & OTHERS_READ_OR_WRITE) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(3, "0");
      throw new ConfigError(`${file} can be read or changed by others (mode ${octal})`, `chmod 600 ${file}`);
    }
    // One octet more than fits tells a file that is too long; a line feed and a carriage return may end it.
    const bytes = await readStart(handle, maxBytes + 3);
    return { bytes: usable(bytes, file, maxBytes), version: `${mtimeMs} ${size}` };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} cannot be read: ${fileTrouble(error)}`);
  } finally {
    await handle?.close();
  }
}

/** At most so many octets from the beginning; a pipe gives them in pieces. */
async function readStart(handle: FileHandle, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let length = 0;
  while (length < most) {
    const { bytesRead } = await handle.read(bytes, length, most - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/** One line without its end. An empty password would be a bind as nobody, and several lines are some other file. */
function usable(bytes: Uint8Array, where: string, maxBytes: number): Uint8Array {
  const end = bytes.at(-1) !== LINE_FEED ? 0 : bytes.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  const line = bytes.subarray(0, bytes.length - end);
  if (line.length === 0) throw new ConfigError(`${where} is empty, and so no secret`);
  if (line.length > maxBytes) throw new ConfigError(`${where} holds more than ${maxBytes} bytes`);
  if (line.includes(LINE_FEED)) throw new ConfigError(`${where} holds more than one line`);
  return line;
}
