/**
 * Where the report goes: `-o FORMAT` to standard output, `-o FORMAT=FILE` to a file. Files are opened before anything
 * is sent, so that a path nobody can write is a mistake of the command line and not of the run.
 */
import { type FileHandle, open } from "node:fs/promises";
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean } from "../profile/nearest.ts";
import type { ReportDocument, ResultEntry } from "../report/document.ts";
import { createRenderer, FORMATS, type Format } from "../report/index.ts";
import type { Renderer, RenderOptions } from "../report/renderer.ts";

export interface Outputs {
  /** One result that is final; streaming formats print it at once. */
  result(one: ResultEntry): void;
  end(document: ReportDocument): Promise<void>;
}

interface Output {
  readonly renderer: Renderer;
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens every output. Throws ConfigError for an unknown format, an unwritable file, or two on standard output. */
export async function openOutputs(words: readonly string[], options: RenderOptions): Promise<Outputs> {
  const wanted = (words.length === 0 ? ["table"] : words).map(parseOutput);
  if (wanted.filter(({ file }) => file === undefined).length > 1) {
    throw new ConfigError("two formats cannot share standard output", "give one of them a file: -o json=report.json");
  }
  const outputs = await Promise.all(wanted.map((one) => openOutput(one, options)));
  let queue = Promise.resolve();
  const enqueue = (output: Output, text: string) => {
    queue = queue.then(() => output.write(text));
  };
  return {
    result(one) {
      for (const output of outputs) {
        if (output.renderer.result !== undefined) enqueue(output, output.renderer.result(one));
      }
    },
    async end(document) {
      for (const output of outputs) enqueue(output, output.renderer.end(document));
      await queue;
      await Promise.all(outputs.map((output) => output.close()));
    },
  };
}

function parseOutput(word: string): { readonly format: Format; readonly file?: string } {
  const at = word.indexOf("=");
  const format = at === -1 ? word : word.slice(0, at);
  const file = at === -1 ? undefined : word.slice(at + 1);
  if (!Object.hasOwn(FORMATS, format)) {
    const known = Object.keys(FORMATS);
    throw new ConfigError(
      `there is no format "${format}"`,
      didYouMean(format, known) ?? `formats: ${known.join(", ")}`,
    );
  }
  if (file === "") throw new ConfigError(`-o ${word} names no file`, `write -o ${format}=FILE, or -o ${format} alone`);
  return { format: format as Format, ...(file === undefined ? {} : { file }) };
}

async function openOutput(wanted: ReturnType<typeof parseOutput>, options: RenderOptions): Promise<Output> {
  if (wanted.file === undefined) {
    return { renderer: await createRenderer(wanted.format, options), write: writeStdout, close: async () => {} };
  }
  const handle = await openFile(wanted.file);
  const renderer = await createRenderer(wanted.format, { ...options, color: false });
  return { renderer, write: async (text) => void (await handle.appendFile(text)), close: () => handle.close() };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "w");
  } catch (error) {
    throw new ConfigError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
  }
}

/** Waits for the text to be taken, so that a pipe gets all of it before the process ends. */
function writeStdout(text: string): Promise<void> {
  return new Promise((resolve) => {
    // A reader that went away (`| head`) has all it wanted.
    process.stdout.once("error", () => resolve());
    process.stdout.write(text, () => resolve());
  });
}

/** How text is rendered on this terminal: --color over NO_COLOR over FORCE_COLOR over what the stream is. */
export function renderOptions(color: unknown, verbose: boolean, env: NodeJS.ProcessEnv): RenderOptions {
  return { color: wantsColor(color, env), width: process.stdout.columns ?? 120, verbose };
}

function wantsColor(flag: unknown, env: NodeJS.ProcessEnv): boolean {
  if (flag === "always" || flag === "never") return flag === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return process.stdout.isTTY === true && env.TERM !== "dumb";
}
