/** What a renderer is: the document, or its results one by one, in; text out. */
import type { ReportDocument, ResultEntry } from "./document.ts";

export interface RenderOptions {
  readonly color: boolean;
  /** Columns of the terminal; text renderers use at least 60. */
  readonly width: number;
  /** Also what a reader seldom needs: evidence, time-outs, canaries. */
  readonly verbose?: boolean;
  /** A remark printed behind a row's detail, for instance where the demo really sent it. */
  readonly endpointNote?: (result: ResultEntry) => string | undefined;
}

export interface Renderer {
  /** Streaming formats only: text for one result as it ends. */
  result?(one: ResultEntry): string;
  /** The rest of the text, or all of it where nothing was streamed. */
  end(document: ReportDocument): string;
}
