/** The document itself, as JSON for programs and for people who read it with their eyes. */
import type { Renderer } from "./renderer.ts";
import { safeJson } from "./safe-text.ts";

export function json(): Renderer {
  return { end: (document) => `${safeJson(JSON.stringify(document, null, 2))}\n` };
}
