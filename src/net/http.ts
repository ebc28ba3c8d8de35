/**
 * One HTTP/1.1 request over a connection that is already open, with undici for the bytes of HTTP (RFC 9112). undici gets
 * our connection as its only socket, so that nothing is resolved, redirected, sent through a proxy or asked twice, and
 * what the socket saw stays with the observation. It ends with the head of the response: whoever closes the connection
 * drops the rest.
 */
import { Duplex } from "node:stream";
import { Client } from "undici";
import type { Connection } from "../model/prober.ts";

/** More than any server sends; a head without end is no head. */
const HEAD_MAX_BYTES = 64 * 1024;
const CHUNK_BYTES = 16 * 1024;
/** Interim responses before the one that counts (RFC 9110 section 15.2). */
const INTERIM_MAX = 8;

export interface HttpRequest {
  /** Absolute, with its query. */
  readonly path: string;
  /** Names in lower case, `host` among them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpHead {
  readonly status: number;
  /** The reason phrase, as the server wrote it. */
  readonly statusText: string;
  /** By names in lower case, in the order of their lines. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** What came of a request: a response's head, bytes that are no HTTP, or the end of the connection. */
export type HttpAnswer =
  | { readonly head: HttpHead }
  /** What the parser did not like, in words. */
  | { readonly malformed: string }
  | { readonly ended: true };

/** Asks with GET, and waits for an answer as long as the connection lives. */
export function getHttp(connection: Connection, { path, headers }: HttpRequest): Promise<HttpAnswer> {
  const lines = new StatusLines();
  let ended = false;
  const stream = streamOver(connection, (bytes) => {
    if (bytes === undefined) ended = true;
    else lines.add(bytes);
  });
  const failure = (error: unknown) => failureOf(error, ended);
  let taken = false;
  const client = new Client("http://target.invalid", {
    // The engine has the clock, and ends the connection when the time is over.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEAD_MAX_BYTES,
    connect: (_options, done) => {
      // undici does not know its client yet while this runs.
      queueMicrotask(() => {
        if (taken) return done(new Error("there is one connection"), null);
        taken = true;
        done(null, stream as unknown as Parameters<typeof done>[1] & object);
      });
    },
  });
  return new Promise((resolve) => {
    let interim = 0;
    const end = (answer: HttpAnswer) => {
      resolve(answer);
      void client.destroy().catch(() => {});
    };
    stream.on("error", (error) => end(failure(error)));
    client.dispatch(
      { method: "GET", path, headers, reset: true },
      {
        onRequestStart: () => {},
        onResponseStart: (controller, status, fields) => {
          const statusText = lines.reasonOf(status);
          if (statusText === undefined) end({ malformed: "a status line that is not one of HTTP/1" });
          else if (status >= 200) end({ head: { status, statusText, headers: headersOf(fields) } });
          else if (++interim > INTERIM_MAX) controller.abort(new Error("interim responses without end"));
        },
        onResponseData: () => {},
        onResponseEnd: () => {},
        onResponseError: (_controller, error) => end(failure(error)),
      },
    );
  });
}

const HEAD_OVERFLOW = "UND_ERR_HEADERS_OVERFLOW";

/** While the connection stands, whatever undici gives up for is the response's fault. */
function failureOf(error: unknown, ended: boolean): HttpAnswer {
  const { name, code, message = "" } = error as { readonly name?: string; readonly code?: string; message?: string };
  if (name === "HTTPParserError") return { malformed: message };
  if (code === HEAD_OVERFLOW) return { malformed: `a head of more than ${HEAD_MAX_BYTES} bytes` };
  if (message === "bad upgrade" || message === "bad response") return { malformed: "a response that nobody asked for" };
  return ended ? { ended } : { malformed: "a head that contradicts itself" };
}

const STATUS_LINE = /^HTTP\/1\.\d (\d{3})(?: ([^\r\n]*))?$/;

/**
 * The status lines as they came: the parser takes those of RTSP for HTTP too, and gives the reason phrase in whatever
 * pieces it arrives.
 */
class StatusLines {
  #text = "";

  add(bytes: Uint8Array): void {
    if (this.#text.length < HEAD_MAX_BYTES) this.#text += Buffer.from(bytes).toString("latin1");
  }

  /** The reason phrase of the latest line with this status; undefined where there is none of HTTP/1. */
  reasonOf(status: number): string | undefined {
    const found = this.#text.split(/\r?\n/).findLast((line) => STATUS_LINE.exec(line)?.[1] === `${status}`);
    return found === undefined ? undefined : (STATUS_LINE.exec(found)![2] ?? "").trim();
  }
}

function headersOf(fields: Readonly<Record<string, string | string[] | undefined>>): HttpHead["headers"] {
  return new Map(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat()] as const])),
  );
}

/** The connection as undici wants a socket. It ends when the connection ends; to end it is the owner's business. */
function streamOver(connection: Connection, onBytes: (bytes: Uint8Array | undefined) => void): Duplex {
  const stream = new Duplex({
    read: () => {
      const some = (buffered: Uint8Array) => Math.min(buffered.length, CHUNK_BYTES) || undefined;
      connection.receive(some, HEAD_MAX_BYTES).then(
        (bytes) => {
          onBytes(bytes);
          if (!stream.destroyed) stream.push(bytes ?? null);
        },
        (error: unknown) => stream.destroy(error instanceof Error ? error : undefined),
      );
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      connection.send(new Uint8Array(chunk));
      done();
    },
  });
  return stream;
}
