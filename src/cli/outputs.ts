/**
 * Where the report goes: `-o FORMAT` to standard output, `-o FORMAT=FILE` to a file. Files are opened before anything
 * is sent, so that a path nobody can write is a mistake of the command line and not of the run.
 */
import { open } from "node:fs/promises";
import { ConfigError } from "../profile/config-error.ts";
import { didYouMean } from "../profile/nearest.ts";
import type { ReportDocument, ResultEntry } from "../report/document.ts";
import { createRenderer, FORMATS, type Format } from "../report/index.ts";
import type { Renderer, RenderOptions } from "../report/renderer.ts";
import { fileTrouble } from "./file-trouble.ts";
import { pageAssets } from "./page-assets.ts";

export interface Outputs {
  /** One result that is final; streaming formats print it at once. */
  result(one: ResultEntry): void;
  end(document: ReportDocument): Promise<void>;
}

interface Output {
  readonly renderer: Renderer;
  readonly sink: Sink;
}

interface Sink {
  write(text: string): void;
  /** Resolves when everything is written. Rejects with a ConfigError when something could not be. */
  end(): Promise<void>;
}

/**
 * Opens every output. Throws ConfigError for an unknown format, a file that cannot be opened, or two on standard output;
 * `end` rejects with one when an output could not be written, after all the others were.
 */
export async function openOutputs(words: readonly string[], options: RenderOptions): Promise<Outputs> {
  const wanted = words.map(parseOutput);
  if (wanted.filter(({ file }) => file === undefined).length > 1) {
    throw new ConfigError("two formats cannot share standard output", "give one of them a file: -o json=report.json");
  }
  const outputs = await Promise.all(wanted.map((one) => openOutput(one, options)));
  return {
    result(one) {
      for (const { renderer, sink } of outputs) {
        if (renderer.result !== undefined) sink.write(renderer.result(one));
      }
    },
    async end(document) {
      for (const { renderer, sink } of outputs) sink.write(renderer.end(document));
      const ended = await Promise.allSettled(outputs.map(({ sink }) => sink.end()));
      for (const one of ended) if (one.status === "rejected") throw one.reason;
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

async function openOutput(wanted: ReturnType<typeof parseOutput>, given: RenderOptions): Promise<Output> {
  const options = wanted.format === "html" ? { ...given, page: await pageAssets() } : given;
  if (wanted.file === undefined) {
    return { renderer: await createRenderer(wanted.format, options), sink: standardOutput() };
  }
  const sink = await fileSink(wanted.file);
  return { renderer: await createRenderer(wanted.format, { ...options, color: false }), sink };
}

async function fileSink(path: string): Promise<Sink> {
  const file = await open(path, "w").catch((error: unknown) => {
    throw unwritable(path, error);
  });
  return inOrder(
    path,
    (text) => file.appendFile(text),
    () => file.close(),
  );
}

/** Waits until each text is taken, so that a pipe gets all of it before the process ends. */
function standardOutput(): Sink {
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  return inOrder("standard output", write, async () => {});
}

/** One text after the other; the first that cannot be written is the last, and `end` tells of it. */
function inOrder(name: string, write: (text: string) => Promise<void>, close: () => Promise<void>): Sink {
  let failure: unknown;
  let queue = Promise.resolve();
  return {
    write(text) {
      queue = queue
        .then(() => (failure === undefined ? write(text) : undefined))
        .catch((error: unknown) => {
          failure = error;
        });
    },
    async end() {
      await queue;
      await close();
      // A reader that went away (`| head`) has all it wanted.
      if (failure !== undefined && codeOf(failure) !== "EPIPE") throw unwritable(name, failure);
    },
  };
}

function unwritable(name: string, error: unknown): ConfigError {
  return new ConfigError(`${name} cannot be written: ${fileTrouble(error, "there is no such folder")}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
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
