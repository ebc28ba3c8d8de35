/** Those that a responder must not serve: bare sockets, and what they got back. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { CIPHER_SUITE, controlKey, PSK_IDENTITY } from "../../src/responder/key.ts";
import { type ClientMessage, decodeServerMessage, encodeClientMessage } from "../../src/wire/responder.ts";
import { responderFrameLength } from "../../src/wire/responder-frame.ts";
import { AT, KEY } from "./pair.ts";

/** Sends datagrams to a port, and gives what came back once the last of them has had time to be answered. */
export async function datagrams(
  port: number,
  payloads: readonly Uint8Array[],
  source = AT,
): Promise<readonly Uint8Array[]> {
  const heard: Uint8Array[] = [];
  const socket = createSocket("udp4").bind(0, source);
  await once(socket, "listening");
  socket.on("message", (bytes) => heard.push(new Uint8Array(bytes)));
  for (const payload of payloads) {
    await new Promise<void>((sent) => socket.send(payload, port, AT, () => sent()));
  }
  await new Promise((waited) => setTimeout(waited, 100));
  // A loop that was held up so long has not read yet what is there: the responder's turn, and then ours.
  for (let turn = 0; turn < 10; turn++) await new Promise((turned) => setImmediate(turned));
  socket.close();
  return heard;
}

/** Sends bytes over a connection, and gives all that came back until its end. */
export async function stream(port: number, bytes: Uint8Array, source = AT): Promise<Uint8Array> {
  const socket = connectTcp({ port, host: AT, localAddress: source }).on("error", () => {});
  socket.write(bytes);
  return await untilClosed(socket);
}

export async function untilClosed(socket: Socket): Promise<Uint8Array> {
  const heard: Uint8Array[] = [];
  socket.on("data", (chunk: Uint8Array) => heard.push(chunk));
  if (!socket.destroyed) await new Promise((closed) => socket.once("close", closed));
  return new Uint8Array(Buffer.concat(heard));
}

/** A prober by hand: it has the key and does what the test says. */
export class ByHand {
  readonly socket: TLSSocket;
  #heard = new Uint8Array(0);
  #wake = () => {};

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      this.#heard = new Uint8Array(Buffer.concat([this.#heard, chunk]));
      this.#wake();
    });
    socket.on("close", () => this.#wake());
  }

  static async open(port: number, source = AT): Promise<ByHand> {
    const socket = connectTls({
      socket: connectTcp({ port, host: AT, localAddress: source }),
      minVersion: "TLSv1.3",
      ciphers: CIPHER_SUITE,
      pskCallback: () => ({ psk: controlKey(KEY), identity: PSK_IDENTITY }),
      checkServerIdentity: () => undefined,
    });
    await once(socket, "secureConnect");
    return new ByHand(socket);
  }

  say(message: ClientMessage): void {
    this.socket.write(encodeClientMessage(message));
  }

  /** The next message; undefined when the connection ended before one. */
  async hear() {
    for (;;) {
      const length = responderFrameLength(this.#heard);
      if (length !== undefined && this.#heard.length >= length) {
        const frame = this.#heard.subarray(0, length);
        this.#heard = this.#heard.slice(length);
        return decodeServerMessage(frame);
      }
      if (this.socket.destroyed) return undefined;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}
