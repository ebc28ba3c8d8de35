/**
 * One TCP connection from its first SYN to its close, TLS included: bytes in and out, and the raw facts of its life.
 * A failure is an observation, never an exception; whatever a peer sends, memory stays bounded and the socket ends.
 */
import type { Socket } from "node:net";
import type { Sockets, TcpFailed } from "#node-dgram-ext";
import type { Tls } from "../model/check.ts";
import { type HandshakeRead, PEER_CLOSED, type TlsSeen, TOO_LONG } from "../model/observation.ts";
import type { TcpAttempt, TcpOptions } from "../model/parts.ts";
import type { Endpoint } from "../model/ports.ts";
import type { Connection } from "../model/prober.ts";
import { handshakeSeen } from "./certificate.ts";
import { codeOf, Life } from "./life.ts";
import { ReceiveBuffer } from "./receive-buffer.ts";
import { alertOf, type Handshake, openTls } from "./tls.ts";

/** What a peer may send before anybody asks for it; then reading stops until somebody does. */
const UNASKED_BYTES = 64 * 1024;
const CLOSE_GRACE_MS = 1000;

/** The code of an attempt that our own signal ended. */
const ABORTED = "ABORT_ERR";

/** What systems call the end of a connection that stood; a request that is refused is ECONNREFUSED everywhere. */
const RESET_CODES: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

type FrameLength = (buffered: Uint8Array) => number | undefined;

interface Waiting {
  readonly frameLength: FrameLength;
  readonly capBytes: number;
  resolve(frame: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

/** What sockets are made with, and what their lives are timed by. */
export interface TcpMeans {
  readonly sockets: Pick<Sockets, "connectTcp">;
  monotonicMs(): number;
}

/**
 * Connects to a resolved address, with a TLS handshake on top when `how.tls` asks for one. Resolves when that is done,
 * failed, or the signal aborted; an abort later ends the connection.
 */
export async function connectTcp(
  to: Endpoint,
  how: TcpOptions,
  signal: AbortSignal,
  { sockets, monotonicMs }: TcpMeans,
): Promise<TcpAttempt> {
  const life = new Life(to, monotonicMs);
  life.phase = "connect";
  const { source, sourcePort, tls } = how;
  const made = await sockets.connectTcp({
    address: to.address,
    port: to.port,
    signal,
    ...(source !== undefined && { source }),
    ...(sourcePort !== undefined && { sourcePort }),
  });
  life.errorQueue = made.errorQueue;
  if (made.socket === undefined) {
    noteFailure(life, made);
    return { seen: () => life.seen(), noteHandshake: () => {}, close: () => {} };
  }
  life.connected(made.local);
  const stream = new TcpStream(made.socket.setNoDelay(), life, how.identity);
  stream.endWith(signal);
  const usable = tls === undefined ? !life.isOver : (await stream.startTls(tls)) !== undefined;
  const attempt = {
    seen: () => life.seen(),
    noteHandshake: (read: HandshakeRead) => stream.noteHandshake(read),
    close: () => stream.close(),
  };
  return usable ? { ...attempt, connection: stream } : attempt;
}

function noteFailure(life: Life, { code, syscall, icmp, local }: TcpFailed): void {
  if (syscall === "bind") life.phase = "bind";
  if (local !== undefined) life.local = { transport: "tcp", ...local };
  // The reset came before anybody looked whether the connection stood: it did.
  if (RESET_CODES.has(code)) life.connected(local);
  life.end(code === ABORTED ? undefined : code, icmp);
}

/** A connection over one connected socket, or over the TLS socket that startTls puts on top of it. */
export class TcpStream implements Connection {
  tls?: TlsSeen;
  readonly #life: Life;
  readonly #raw: Socket;
  readonly #buffer = new ReceiveBuffer();
  /** The socket that bytes go through: the raw one, or TLS over it. */
  #socket: Socket;
  #waiting: Waiting | undefined;
  #closing = false;
  #handshake: Handshake | undefined;
  readonly #identity: TcpOptions["identity"];

  constructor(socket: Socket, life: Life, identity?: TcpOptions["identity"]) {
    this.#life = life;
    this.#identity = identity;
    this.#raw = socket;
    this.#socket = socket;
    this.#listen(socket);
  }

  get local(): Endpoint {
    return this.#life.local ?? { transport: "tcp", address: "", port: 0 };
  }

  /** Ends the connection at once when the signal aborts, or has. */
  endWith(signal: AbortSignal): void {
    const abort = () => this.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#raw.once("close", () => signal.removeEventListener("abort", abort));
  }

  send(bytes: Uint8Array): void {
    if (this.#life.isOver) return;
    this.#life.sent();
    this.#socket.write(bytes);
  }

  receive(frameLength: FrameLength, capBytes: number): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) throw new Error("receive was called while another receive still waits");
      this.#waiting = { frameLength, capBytes, resolve, reject };
      this.#serve();
      if (this.#waiting !== undefined) this.#socket.resume();
    });
  }

  pending(): Uint8Array {
    return this.#buffer.view().slice();
  }

  async startTls(wish: Tls): Promise<TlsSeen | undefined> {
    if (this.#life.isOver) return undefined;
    this.#life.phase = "tls";
    // What came in clear must never be read as if it came through TLS (RFC 3207 section 6).
    this.#buffer.clear();
    const keptInClear = this.#life.firstBytesKept;
    this.#unlisten(this.#raw);
    const identity = wish.clientCertificate === undefined ? undefined : this.#identity?.(wish.clientCertificate);
    let handshake: Handshake;
    try {
      handshake = openTls(this.#raw, wish, identity, (bytes) => {
        if (this.#life.phase === "tls") this.#life.heard(bytes);
      });
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
    const { socket } = handshake;
    this.#socket = socket;
    this.#handshake = handshake;
    this.#listen(socket);
    const finished = new Promise<void>((resolve) => {
      socket.once("secureConnect", () => {
        this.#life.truncateFirstBytes(keptInClear);
        this.#life.phase = "exchange";
        this.#noteTls(handshake.seen());
        resolve();
      });
    });
    await Promise.race([finished, this.#life.over]);
    return this.#life.phase === "tls" ? undefined : this.tls;
  }

  /** A handshake that somebody read by himself is no exchange: what ends it ends TLS. */
  noteHandshake(read: HandshakeRead): void {
    if (!this.#life.isOver) this.#life.phase = "tls";
    this.#noteTls(handshakeSeen(read));
  }

  /** Ends the connection with FIN, and with RST when the peer has not ended its side within a second. */
  close(): void {
    if (!this.#life.isOver && this.#life.phase === "exchange") this.#life.phase = "done";
    this.#over();
    const socket = this.#socket;
    if (this.#closing || socket.destroyed) return;
    this.#closing = true;
    socket.removeListener("data", this.#onData);
    // The peer's FIN is seen only when everything before it was read.
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }

  /** Ends the connection at once, and what is still on its way is lost; a close that has begun keeps its second. */
  abort(): void {
    this.#over();
    if (!this.#closing) this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#fail);
    socket.on("close", this.#onClose);
  }

  /** The error listener stays: a socket's error without one ends the process. */
  #unlisten(socket: Socket): void {
    socket.removeListener("data", this.#onData);
    socket.removeListener("end", this.#onEnd);
    socket.removeListener("close", this.#onClose);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#life.heard(chunk);
    this.#buffer.append(chunk);
    this.#serve();
    if (this.#waiting === undefined && this.#buffer.length >= UNASKED_BYTES) this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    // In a TLS handshake Node calls this a reset; the peer sent FIN, and that is what is noted, being first.
    this.#over(PEER_CLOSED);
  };

  readonly #onClose = (): void => {
    this.#over();
  };

  readonly #fail = (error: unknown): void => {
    if (!this.#life.isOver) {
      const code = codeOf(error);
      const alert = alertOf(code);
      if (alert !== undefined) this.#noteTls({ chain: [], ...this.#handshake?.begun, ...this.tls, alert });
      this.#over(code);
    }
    this.#socket.destroy();
  };

  /** Gives the waiting receive its frame when that is whole, or ends everything when it is too long. */
  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const length = this.#buffer.length === 0 ? undefined : waiting.frameLength(this.#buffer.view());
      if ((length ?? this.#buffer.length) > waiting.capBytes) {
        this.#over(TOO_LONG);
        this.#socket.destroy();
      } else if (length !== undefined && length <= this.#buffer.length) {
        this.#waiting = undefined;
        waiting.resolve(this.#buffer.take(length));
      }
    } catch (error) {
      this.#waiting = undefined;
      waiting.reject(error);
    }
    if (this.#life.isOver) this.#over();
  }

  #noteTls(seen: TlsSeen): void {
    this.tls = seen;
    this.#life.tls = seen;
  }

  /** Nothing more will come: notes what ended it, unless something did before, and a waiting receive gets undefined. */
  #over(code?: string): void {
    this.#life.end(code);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(undefined);
  }
}
