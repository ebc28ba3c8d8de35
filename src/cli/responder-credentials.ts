/** What a prober and a responder show each other, from files, and never told: a shared key, or certificates. */
import { ConfigError } from "../profile/config-error.ts";
import { type Certificates, type Credentials, whyUnusable } from "../responder/credentials.ts";
import { KEY_BYTES, parseKey } from "../responder/key.ts";
import { type FlagValues, list, text } from "./flags.ts";
import { readText } from "./profile-files.ts";
import { type Machine, secretLine, secretText } from "./secrets.ts";

const KEY_MEANT = "make one and give it to both sides: (umask 077; openssl rand -hex 32 > responder.key)";
const TLS_FLAGS = ["tls-cert", "tls-key", "tls-ca"] as const;
const PRIVATE_KEY_BYTES_MAX = 64 * 1024;

/** `without` says what comes of it that there is neither. Throws ConfigError, which never quotes a secret. */
export async function credentialsFrom(flags: FlagValues, without: string, machine: Machine): Promise<Credentials> {
  const named = [...TLS_FLAGS, "tls-name"].find((flag) => flags[flag] !== undefined);
  if (named === undefined) return { key: await keyFrom(text(flags, "key-file"), without, machine) };
  if (flags["key-file"] !== undefined) {
    throw new ConfigError(`--${named} beside --key-file`, "a responder takes a key, or certificates");
  }
  if (flags.static === true) throw new ConfigError(`--${named} beside --static`, "give --key-file: no TLS is spoken");
  const [cert, key, ca] = TLS_FLAGS.map((flag) => {
    const file = text(flags, flag);
    if (file === undefined) throw new ConfigError(`--${flag} is missing`, `--${named} needs it`);
    return file;
  }) as [string, string, string];
  const certificates: Certificates = {
    chain: await readText(cert),
    privateKey: await secretText(key, PRIVATE_KEY_BYTES_MAX, machine),
    authority: await readText(ca),
    names: list(flags, "tls-name"),
  };
  const why = whyUnusable(certificates);
  if (why !== undefined) throw new ConfigError(why);
  return { certificates };
}

/** The key of a file. Throws ConfigError, which never quotes it. */
export async function keyFrom(file: string | undefined, without: string, machine: Machine): Promise<Uint8Array> {
  if (file === undefined) throw new ConfigError(`--key-file is missing, and ${without}`, KEY_MEANT);
  const key = parseKey(await secretLine(file, 2 * KEY_BYTES, machine));
  if (key !== undefined) return key;
  throw new ConfigError(`${file} does not hold a key of ${2 * KEY_BYTES} hexadecimal digits`, KEY_MEANT);
}
