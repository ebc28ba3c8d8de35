/**
 * An LDAP server on loopback that answers as it is told, in clear, inside TLS or with StartTLS, and remembers what it
 * heard and whether that came through TLS: what a password must never show up in.
 */
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { expect, vi } from "vitest";
import type { Endpoint } from "../../src/model/ports.ts";
import { decodeLdap, encodeLdap, type LdapOperation, ldapFrameLength } from "../../src/wire/ldap.ts";
import { serve } from "../net/loopback.ts";

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

/** The names in the certificate that servers show unless they are told otherwise. */
export const NAME = "dc01.example.com";

export interface Behaviour {
  /** How it begins; a server that begins in clear may be asked for StartTLS. */
  readonly begins: "in clear" | "inside TLS";
  /** Result code of a bind with this name, or undefined for no answer; by default everybody is welcome. */
  readonly bind?: (name: string, password: string) => number | undefined;
  /** What the server says about a refused bind. */
  readonly diagnostic?: string;
  /** Result code of StartTLS; 0 goes on with a handshake. By default 0. */
  readonly startTls?: number;
  /** Said to the StartTLS request, in place of an answer. */
  readonly insteadOfAnswer?: Uint8Array;
  /** Sent in clear behind the answer to StartTLS. */
  readonly injected?: Uint8Array;
  /** What it says instead of a handshake. */
  readonly insteadOfTls?: Uint8Array;
  /** Sends back what it hears inside TLS, and nothing else. */
  readonly echoes?: boolean;
  readonly tls?: TlsOptions;
}

export interface LdapServer extends AsyncDisposable {
  readonly local: Endpoint;
  /** Every operation in order, with the road that it came by. */
  readonly heard: readonly { readonly secure: boolean; readonly operation: LdapOperation }[];
  /** Every octet that came in clear, handshakes included. */
  inClear(): Buffer;
  /** Resolves when every connection has ended, and so all was heard. */
  gone(): Promise<void>;
}

export async function ldapServer(how: Behaviour, address = "127.0.0.1"): Promise<LdapServer> {
  const heard: { secure: boolean; operation: LdapOperation }[] = [];
  const clear: Buffer[] = [];
  const secureSide = createTlsServer({ key: pem("key"), cert: pem("self-signed"), ...how.tls }, (socket) => {
    socket.on("error", () => {});
    if (how.echoes === true) socket.pipe(socket);
    else converse(socket, true);
  });
  secureSide.on("tlsClientError", () => {});

  function converse(socket: Socket, secure: boolean): void {
    let buffered = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let length = frameIn(buffered); length !== undefined; length = frameIn(buffered)) {
        const { messageId, operation } = decodeLdap(new Uint8Array(buffered.subarray(0, length)));
        buffered = buffered.subarray(length);
        heard.push({ secure, operation });
        if (operation.type === "extendedRequest" && how.insteadOfAnswer !== undefined) {
          socket.write(how.insteadOfAnswer);
          continue;
        }
        const answers = answersTo(operation, how);
        socket.write(Buffer.concat(answers.map((answer) => encodeLdap({ messageId, operation: answer }))));
        if (operation.type !== "extendedRequest" || (how.startTls ?? 0) !== 0) continue;
        socket.removeListener("data", read);
        upgrade(socket);
        return;
      }
    };
    socket.on("data", read);
  }

  function upgrade(socket: Socket): void {
    if (how.injected !== undefined) socket.write(how.injected);
    if (how.insteadOfTls === undefined) secureSide.emit("connection", socket);
    else socket.once("data", () => socket.write(how.insteadOfTls!));
  }

  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => clear.push(chunk));
    if (how.begins === "in clear") converse(socket, false);
    else secureSide.emit("connection", socket);
  });
  const listening = await serve(server, address);
  return {
    local: listening.local,
    heard,
    inClear: () => Buffer.concat(clear),
    gone: () => vi.waitFor(() => expect(listening.held()).toBe(0), { timeout: 30_000, interval: 5 }),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function frameIn(buffered: Buffer): number | undefined {
  const length = buffered.length === 0 ? undefined : ldapFrameLength(buffered);
  return length !== undefined && length <= buffered.length ? length : undefined;
}

function answersTo(operation: LdapOperation, how: Behaviour): readonly LdapOperation[] {
  const result = (code: number) => ({ code, matchedDn: "", diagnostic: code === 0 ? "" : (how.diagnostic ?? "") });
  switch (operation.type) {
    case "bindRequest": {
      const code = how.bind === undefined ? 0 : how.bind(operation.name, new TextDecoder().decode(operation.password));
      return code === undefined ? [] : [{ type: "bindResponse", result: result(code) }];
    }
    case "extendedRequest":
      return [{ type: "extendedResponse", result: result(how.startTls ?? 0) }];
    case "searchRequest": {
      const attributes = [{ name: "dnsHostName", values: [new TextEncoder().encode(NAME)] }];
      return [
        { type: "searchEntry", objectName: "", attributes },
        { type: "searchDone", result: result(0) },
      ];
    }
    default:
      return [];
  }
}
