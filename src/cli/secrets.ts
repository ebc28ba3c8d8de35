/**
 * The secrets that the rows of a plan name: `--secret NAME=FILE`, or UNITY_PROBE_SECRET_<NAME> in the environment. A
 * value on the command line would stand in every list of processes. What is wrong with one is told before anything is
 * sent; the secret itself is never told.
 */
import { type FileHandle, open } from "node:fs/promises";
import { secretsOf } from "../engine/secret-turns.ts";
import type { Check, Plan } from "../model/check.ts";
import type { Prober, Secret, World } from "../model/prober.ts";
import { assertIdentity } from "../net/tls.ts";
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
  /** A line of text; a certificate, its key and its chain in PEM; or any text. */
  readonly form: "line" | "identity" | "text";
}

/** Room for a key and a chain of several certificates. */
const MAX_IDENTITY_BYTES = 64 * 1024;

/** The secrets of a plan by their names. `words` are `NAME=FILE`. Throws ConfigError. */
export async function secretsFor(plan: Plan, words: readonly string[], machine: Machine): Promise<World["secret"]> {
  const wishes = await wishesOf(plan);
  const files = new Map(words.map((word) => parseWord(word, [...wishes.keys()])));
  const secrets = new Map<string, Secret>();
  for (const [name, wish] of wishes) {
    const secret = await secretFrom(name, files.get(name), wish, machine);
    if (secret !== undefined) secrets.set(name, secret);
    else if (wish.service !== undefined) {
      const meant = `add --secret ${name}=FILE, or set ${variableOf(name)}`;
      throw new ConfigError(`the row "${wish.service}" wants the secret "${name}"`, meant);
    }
  }
  return (name) => secrets.get(name);
}

/** A line of text from a file that nobody else may read. Throws ConfigError, which never quotes it. */
export async function secretLine(file: string, maxBytes: number, machine: Machine): Promise<string> {
  const { bytes } = await fileSecret(file, { form: "line", maxBytes }, machine);
  return new TextDecoder().decode(bytes);
}

/** The text of a file that nobody else may read. Throws ConfigError, which never quotes it. */
export async function secretText(file: string, maxBytes: number, machine: Machine): Promise<string> {
  const { bytes } = await fileSecret(file, { form: "text", maxBytes }, machine);
  return new TextDecoder().decode(bytes);
}

async function wishesOf(plan: Plan): Promise<ReadonlyMap<string, Wish>> {
  const wishes = new Map<string, Wish>();
  for (const check of plan.checks) {
    const prober = await loadProber(check.prober);
    const used = check.skip === undefined ? secretsOf(check, prober) : [];
    for (const [name, wish] of wishesIn(check, prober)) {
      const before = wishes.get(name);
      if (before !== undefined && before.form !== wish.form) {
        throw new ConfigError(`the secret "${name}" is a password in one row and a certificate in another`);
      }
      const service = before?.service ?? (used.includes(name) ? check.row.service : undefined);
      const maxBytes = Math.min(wish.maxBytes, before?.maxBytes ?? wish.maxBytes);
      wishes.set(name, { ...wish, maxBytes, ...(service === undefined ? {} : { service }) });
    }
  }
  return wishes;
}

/** Every secret that a check names, whether it would use it or not. */
function wishesIn({ params, tls }: Check, prober: Prober): readonly (readonly [name: string, wish: Wish])[] {
  const lines = Object.entries(prober.params).flatMap(([param, { type, maxLength = MAX_TEXT_LENGTH }]) => {
    const name = params[param];
    if (type !== "secret" || typeof name !== "string") return [];
    return [[name, { form: "line", maxBytes: maxLength }] as const];
  });
  if (tls?.clientCertificate === undefined) return lines;
  return [...lines, [tls.clientCertificate, { form: "identity", maxBytes: MAX_IDENTITY_BYTES }]];
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
  wish: Wish,
  machine: Machine,
): Promise<Secret | undefined> {
  if (file !== undefined) return fileSecret(file, wish, machine);
  const variable = variableOf(name);
  const value = machine.env[variable];
  if (value === undefined || value === "") return undefined;
  // An environment lives no longer than its process, in which nothing changes it.
  return { bytes: usable(new TextEncoder().encode(value), variable, wish), version: "environment" };
}

/** `UNITY_PROBE_SECRET_BIND_PASSWORD` for `bind-password`. */
function variableOf(name: string): string {
  return SECRET_PREFIX + name.toUpperCase().replaceAll("-", "_");
}

const OTHERS_READ_OR_WRITE = 0o006;
/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

async function fileSecret(file: string, wish: Wish, machine: Machine): Promise<Secret> {
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
    // One octet more than fits tells a file that is too long; a mark may begin it, carriage return and line feed end it.
    const bytes = await readStart(handle, wish.maxBytes + BYTE_ORDER_MARK.length + 3);
    return { bytes: usable(bytes, file, wish), version: `${mtimeMs} ${size}` };
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

/** Throws where a secret is not what its rows want of it. */
function usable(bytes: Uint8Array, where: string, { form, maxBytes }: Wish): Uint8Array {
  if (form === "line") return usableLine(bytes, where, maxBytes);
  if (bytes.length > maxBytes) throw new ConfigError(`${where} holds more than ${maxBytes} bytes`);
  return form === "text" ? bytes : usableIdentity(bytes, where);
}

/**
 * One line without its end, and without the mark that editors of Windows begin it with: with it the password would be a
 * wrong one. An empty password would be a bind as nobody, and several lines are some other file.
 */
function usableLine(bytes: Uint8Array, where: string, maxBytes: number): Uint8Array {
  const start = BYTE_ORDER_MARK.every((octet, at) => bytes[at] === octet) ? BYTE_ORDER_MARK.length : 0;
  const end = bytes.at(-1) !== LINE_FEED ? 0 : bytes.at(-2) === CARRIAGE_RETURN ? 2 : 1;
  const line = bytes.subarray(start, bytes.length - end);
  if (line.includes(0)) throw new ConfigError(`${where} holds a NUL character`, "save it as UTF-8, not as UTF-16");
  if (line.length === 0) throw new ConfigError(`${where} is empty, and so no secret`);
  if (line.length > maxBytes) throw new ConfigError(`${where} holds more than ${maxBytes} bytes`);
  if (line.includes(LINE_FEED)) throw new ConfigError(`${where} holds more than one line`);
  return line;
}

/** PEM of a certificate with its key. What is wrong with it is not told: OpenSSL may quote what it could not read. */
function usableIdentity(bytes: Uint8Array, where: string): Uint8Array {
  try {
    assertIdentity(bytes);
  } catch {
    const meant = "one file with the certificate, its key without a passphrase, and the chain, all in PEM";
    throw new ConfigError(`${where} holds no client certificate with its key`, meant);
  }
  return bytes;
}
