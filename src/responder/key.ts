/**
 * What is made of the shared key: the pre-shared key of the control channel, and for each session the tokens of its data
 * ports. Each is derived, so that none tells of another (docs/responder-protocol.md, "Keys").
 */
import { createCipheriv, createHmac } from "node:crypto";
import type { Direction, Transport } from "../model/words.ts";
import { SESSION_ID_BYTES } from "../wire/responder.ts";
import type { PortTokens } from "./answers.ts";

export const KEY_BYTES = 32;
export const TOKEN_BYTES = 32;
export const PSK_IDENTITY = "unity-probe";
/** The one cipher suite: a pre-shared key is bound to its hash. */
export const CIPHER_SUITE = "TLS_AES_128_GCM_SHA256";

const CONTROL_LABEL = "unity-probe responder 1 control";
const TOKEN_LABEL = "unity-probe responder 1 token";
const STATIC_LABEL = "unity-probe responder 1 static";
const SLOT_BYTES = 8;
const TRANSPORT_BYTE = { tcp: 6, udp: 17 } as const;
const DIRECTION_BYTE = { out: 0, in: 1 } as const;
const LEG_BYTES = { exchange: { request: 0, reply: 1 }, stream: { request: 2, reply: 3 } } as const;
const BLOCK_BYTES = 16;

/** Which ports a token is for, and who says it. */
export interface TokenUse {
  readonly transport: Transport;
  readonly direction: Direction;
  /** A single exchange, unless it is said to be a stream. */
  readonly kind?: keyof typeof LEG_BYTES;
}

/** The key of a line of 64 hexadecimal digits; undefined for anything else. */
export function parseKey(line: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/i.test(line) ? Uint8Array.from(Buffer.from(line, "hex")) : undefined;
}

/** The pre-shared key of the control channel. */
export function controlKey(key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(CONTROL_LABEL).digest();
}

/** The tokens of ports; the session is its id in hexadecimal digits. */
export function tokensFor(key: Uint8Array, session: string, use: TokenUse, ports: Uint16Array): PortTokens {
  const id = Buffer.from(session, "hex").subarray(0, SESSION_ID_BYTES);
  return tokensUnder(key, Buffer.concat([Buffer.from(TOKEN_LABEL), id]), use, ports);
}

/** The tokens of ports, direction `out`, that are good in one slot of time without a session. */
export function staticTokensFor(key: Uint8Array, slot: number, transport: Transport, ports: Uint16Array): PortTokens {
  const id = Buffer.alloc(SLOT_BYTES);
  id.writeBigUInt64BE(BigInt(slot));
  return tokensUnder(key, Buffer.concat([Buffer.from(STATIC_LABEL), id]), { transport, direction: "out" }, ports);
}

function tokensUnder(key: Uint8Array, context: Uint8Array, use: TokenUse, ports: Uint16Array): PortTokens {
  const ends = [TRANSPORT_BYTE[use.transport], DIRECTION_BYTE[use.direction]];
  const { request, reply } = LEG_BYTES[use.kind ?? "exchange"];
  const streamKey = (leg: number) =>
    createHmac("sha256", key)
      .update(context)
      .update(Uint8Array.of(...ends, leg))
      .digest()
      .subarray(0, BLOCK_BYTES);
  return { request: tokensOf(streamKey(request), ports), reply: tokensOf(streamKey(reply), ports) };
}

/** One run of AES-128-CTR from the lowest port to the highest, of which each port takes its 32 bytes. */
function tokensOf(streamKey: Uint8Array, ports: Uint16Array): Uint8Array {
  const lowest = ports.reduce((low, port) => Math.min(low, port), 65_535);
  const highest = ports.reduce((high, port) => Math.max(high, port), lowest);
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeUInt32BE((lowest * TOKEN_BYTES) / BLOCK_BYTES, BLOCK_BYTES - 4);
  const run = createCipheriv("aes-128-ctr", streamKey, counter).update(
    new Uint8Array((highest - lowest + 1) * TOKEN_BYTES),
  );
  const tokens = new Uint8Array(ports.length * TOKEN_BYTES);
  for (const [index, port] of ports.entries()) {
    const from = (port - lowest) * TOKEN_BYTES;
    tokens.set(run.subarray(from, from + TOKEN_BYTES), index * TOKEN_BYTES);
  }
  return tokens;
}

/** The token of the port at an index of such a list. */
export function tokenAt(tokens: Uint8Array, index: number): Uint8Array {
  return tokens.subarray(index * TOKEN_BYTES, (index + 1) * TOKEN_BYTES);
}
