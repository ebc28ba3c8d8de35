/** `${NAME}` and `${file:PATH}` in the places of a configuration that hold secrets: the file itself need hold none. */
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean } from "../profile/nearest.ts";

/** Where secrets come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, its path relative to the configuration. Rejects with the system's error. */
  readText(path: string): Promise<string>;
}

const MAX_LENGTH = 8_192;

/** The text with every reference filled in; `$$` stands for a dollar sign. Throws ConfigError, which quotes no secret. */
export async function interpolate(text: string, { env, readText }: Surroundings): Promise<string> {
  const parts = text.split(/(\$\$|\$\{[^}]*\}?)/);
  const filled = await Promise.all(
    parts.map((part) => {
      if (part === "$$") return "$";
      if (!part.startsWith("${")) return part;
      if (!part.endsWith("}"))
        throw new ConfigError(`"${part}" has no end`, "close it with }, or write $$ for a dollar sign");
      const name = part.slice(2, -1);
      return name.startsWith("file:") ? fromFile(name.slice("file:".length), readText) : fromEnvironment(name, env);
    }),
  );
  const whole = filled.join("");
  if (whole.length > MAX_LENGTH) throw new ConfigError(`what is filled in is above ${MAX_LENGTH} characters`);
  return whole;
}

function fromEnvironment(name: string, env: Surroundings["env"]): string {
  const value = env[name];
  if (value !== undefined && value !== "") return oneLine(value, `the variable ${name}`);
  const known = Object.keys(env).filter((other) => env[other]);
  throw new ConfigError(`the environment has no "${name}"`, didYouMean(name, known) ?? "set it, or take a file");
}

async function fromFile(path: string, readText: Surroundings["readText"]): Promise<string> {
  if (path === "") throw new ConfigError("a reference to a file names none");
  const text = await readText(path).catch((error: unknown) => {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path} cannot be read: ${code === "ENOENT" ? "there is no such file" : code}`);
  });
  // Editors of Windows begin a text file with a byte order mark, which would be a part of the secret.
  return oneLine(text.replace(/^\uFEFF/, "").replace(/\r?\n$/, ""), path);
}

/** Line breaks would end a header and begin another one. */
function oneLine(text: string, where: string): string {
  if (text === "") throw new ConfigError(`${where} is empty`);
  if (/\p{Cc}/u.test(text)) throw new ConfigError(`${where} holds more than one line of text`);
  return text;
}
