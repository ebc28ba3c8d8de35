/** What a route answers, and how it goes out. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Body } from "./large-body.ts";

export interface Reply {
  readonly status: number;
  readonly body: string | Body;
  /** Absent: plain text. */
  readonly type?: string;
  readonly headers?: OutgoingHttpHeaders;
}

export const PLAIN_TEXT = "text/plain; charset=utf-8";
export const JSON_TEXT = "application/json; charset=utf-8";

/** Below this, compressing costs more than it saves. */
const COMPRESS_FROM = 1024;

/**
 * On every answer: the page loads nothing from elsewhere, is shown in nobody's frame and tells nobody where it is;
 * nothing is kept unless a route says so.
 */
export const SAFE_HEADERS: OutgoingHttpHeaders = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/** One line of text. */
export function says(status: number, line: string, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, body: `${line}\n`, headers };
}

/** Sends it, compressed where the client takes that, without the body where it asked for the head alone. Gives what waits. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Buffer {
  const { status, type = PLAIN_TEXT, headers } = reply;
  const { bytes, isCompressed } = bytesFor(request, reply);
  response.writeHead(status, {
    ...SAFE_HEADERS,
    "Content-Type": type,
    Vary: "Accept-Encoding",
    ...(isCompressed && { "Content-Encoding": "gzip" }),
    ...headers,
    "Content-Length": bytes.length,
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
  return bytes;
}

function bytesFor({ headers }: IncomingMessage, { body }: Reply): { bytes: Buffer; isCompressed: boolean } {
  if (typeof body === "string") return { bytes: Buffer.from(body), isCompressed: false };
  const isCompressed = body.plain.length >= COMPRESS_FROM && takesGzip(headers["accept-encoding"]);
  return { bytes: isCompressed ? body.gzipped : body.plain, isCompressed };
}

/** Whether Accept-Encoding names gzip and does not rule it out (RFC 9110 section 12.5.3). */
function takesGzip(accepted: IncomingMessage["headers"]["accept-encoding"]): boolean {
  const codings = `${accepted ?? ""}`.toLowerCase().split(",");
  return codings.some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/.test(coding));
}
