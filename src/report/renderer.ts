/** What a renderer is: the document, or its results one by one, in; text out. */
import type { ReportDocument, ResultEntry } from "./document.ts";

/** The status page as it was built: what the agent serves as three files. */
export interface PageAssets {
  readonly html: string;
  readonly css: string;
  readonly js: string;
}

export interface RenderOptions {
  readonly color: boolean;
  /** Columns of the terminal; text renderers use at least 60. */
  readonly width: number;
  /** Also what a reader seldom needs: evidence, time-outs, canaries. */
  readonly verbose?: boolean;
  /** A remark printed behind a row's detail, for instance where the demo really sent it. */
  readonly endpointNote?: (result: ResultEntry) => string | undefined;
  /** The status page as it was built; `html` needs it. */
  readonly page?: PageAssets;
}

export interface Renderer {
  /** Streaming formats only: text for one result as it ends. */
  result?(one: ResultEntry): string;
  /** The rest of the text, or all of it where nothing was streamed. */
  end(document: ReportDocument): string;
}
