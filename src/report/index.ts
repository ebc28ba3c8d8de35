/** The registry of formats: the word behind `-o` -> its renderer, loaded when it is asked for. */
import type { Renderer, RenderOptions } from "./renderer.ts";

type Create = (options: RenderOptions) => Renderer;

export const FORMATS = {
  table: async (): Promise<Create> => (await import("./table.ts")).table,
  json: async (): Promise<Create> => (await import("./json.ts")).json,
  ndjson: async (): Promise<Create> => (await import("./ndjson.ts")).ndjson,
  junit: async (): Promise<Create> => (await import("./junit.ts")).junit,
  html: async (): Promise<Create> => (await import("./html.ts")).html,
  nagios: async (): Promise<Create> => (await import("./nagios.ts")).nagios,
} as const;

export type Format = keyof typeof FORMATS;

/** The renderer of a format, ready for one document. */
export async function createRenderer(format: Format, options: RenderOptions): Promise<Renderer> {
  const create = await FORMATS[format]();
  return create(options);
}
