/**
 * One HTTP POST to a URL, over a connection of its own. Nothing is redirected, kept alive, sent through a proxy or sent
 * twice; a certificate of https is verified. Of the response the status counts and a `retry-after`; its body is read to
 * a bound and thrown away.
 */
import { buildConnector, Client } from "undici";
import { codeOf } from "./life.ts";

/** More than a receiver has to say; a longer body is cut off with its connection. */
const BODY_MAX_BYTES = 64 * 1024;
const HEAD_MAX_BYTES = 16 * 1024;
const MS_PER_S = 1_000;

export interface Post {
  /** http or https, without user and password. */
  readonly url: string;
  /** Names in any case; they win over `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: string;
}

/** The status of a response, or the word for why there was none: never a text, which could hold the URL. */
export type PostAnswer =
  /** `retryAfterMs`: the server's wish (RFC 9110 section 10.2.3), where it says seconds. */
  { readonly status: number; readonly retryAfterMs?: number } | { readonly code: string };

/** `code` of a POST that the signal ended before there was a response. */
export const ABORTED = "ABORTED";

/** Sends it, and takes as long as the signal lets it. Never rejects. */
export async function post({ url, headers, contentType, body }: Post, signal: AbortSignal): Promise<PostAnswer> {
  if (signal.aborted) return { code: ABORTED };
  const { origin, pathname, search } = new URL(url);
  const { client, end } = clientOf(origin);
  signal.addEventListener("abort", end, { once: true });
  try {
    const response = await client.request({
      method: "POST",
      path: pathname + search,
      headers: { "content-type": contentType, ...lowerCase(headers) },
      body,
      reset: true,
    });
    // A receiver that is cut off in the middle of its words may take the request for broken.
    await response.body.dump({ limit: BODY_MAX_BYTES }).catch(() => {});
    const retryAfter = response.headers["retry-after"];
    return {
      status: response.statusCode,
      ...(typeof retryAfter === "string" && /^\d{1,6}$/.test(retryAfter) && { retryAfterMs: +retryAfter * MS_PER_S }),
    };
  } catch (error) {
    return { code: signal.aborted ? ABORTED : codeOf(error) };
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/** A client, and what ends it whatever it is doing: undici by itself lets a connection that is still begun go on. */
function clientOf(origin: string): { readonly client: Client; readonly end: () => void } {
  // The caller has the clock.
  const connect = buildConnector({ timeout: 0, allowH2: false });
  let socket: { destroy(): void } | undefined;
  const client = new Client(origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEAD_MAX_BYTES,
    connect: (options, done) => {
      socket = connect(options, done) as unknown as { destroy(): void };
    },
  });
  const end = () => {
    void client.destroy().catch(() => {});
    socket?.destroy();
  };
  return { client, end };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
