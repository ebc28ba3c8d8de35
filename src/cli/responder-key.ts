/** The key that a prober and a responder share: from a file, and never shown. */
import { ConfigError } from "../profile/config-error.ts";
import { KEY_BYTES, parseKey } from "../responder/key.ts";
import { type Machine, secretLine } from "./secrets.ts";

const KEY_MEANT = "make one and give it to both sides: (umask 077; openssl rand -hex 32 > responder.key)";

/** The key of a file; `without` says what comes of it that there is none. Throws ConfigError, which never quotes it. */
export async function keyFrom(file: string | undefined, without: string, machine: Machine): Promise<Uint8Array> {
  if (file === undefined) throw new ConfigError(`--key-file is missing, and ${without}`, KEY_MEANT);
  const key = parseKey(await secretLine(file, 2 * KEY_BYTES, machine));
  if (key !== undefined) return key;
  throw new ConfigError(`${file} does not hold a key of ${2 * KEY_BYTES} hexadecimal digits`, KEY_MEANT);
}
