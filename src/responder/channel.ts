/** The control channel as frames, on either side: one read at a time, what comes unasked is bounded. */
import type { TLSSocket } from "node:tls";
import { codeOf } from "../net/life.ts";
import { ReceiveBuffer } from "../net/receive-buffer.ts";
import { RESPONDER_FRAME_BYTES_MAX, responderFrameLength } from "../wire/responder-frame.ts";

export class Channel {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: TLSSocket;
  readonly #buffer = new ReceiveBuffer();
  readonly #onHeard: () => void;
  #wake: () => void = () => {};
  #ended = false;
  #failure: string | undefined;

  /** `onHeard` is told whenever the peer shows that it is there. */
  constructor(socket: TLSSocket, onHeard: () => void) {
    this.#socket = socket;
    this.#onHeard = onHeard;
    socket.on("data", (chunk: Uint8Array) => this.#heard(chunk));
    socket.on("end", () => this.#over());
    socket.on("error", (error) => {
      this.#failure = codeOf(error);
      this.#over();
    });
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.#over();
        resolve();
      };
      if (socket.destroyed) over();
      else socket.once("close", over);
    });
  }

  /** The system's or TLS's word for why the connection broke; undefined while it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The next frame; undefined when no more will come. Throws WireError for a frame that is too long. */
  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      const length = responderFrameLength(this.#buffer.view());
      if (length !== undefined && this.#buffer.length >= length) {
        const frame = this.#buffer.take(length);
        if (!this.#ended) this.#socket.resume();
        return frame;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  /** Resolves when what was sent has left, or mostly: nothing piles up for a peer that does not read. */
  async drained(): Promise<void> {
    if (this.#ended || this.#socket.writableLength <= RESPONDER_FRAME_BYTES_MAX) return;
    await Promise.race([new Promise((drained) => this.#socket.once("drain", drained)), this.closed]);
  }

  send(frame: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(frame);
  }

  /** Ends our side once everything is sent, and the connection soon after, whatever the peer does. */
  end(graceMs: number): void {
    this.#over();
    if (this.#socket.destroyed) return;
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), graceMs);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  #heard(chunk: Uint8Array): void {
    // After the end nothing is kept.
    if (this.#ended) return;
    this.#onHeard();
    this.#buffer.append(chunk);
    if (this.#buffer.length > RESPONDER_FRAME_BYTES_MAX) this.#socket.pause();
    this.#wake();
  }

  #over(): void {
    this.#ended = true;
    this.#wake();
  }
}
