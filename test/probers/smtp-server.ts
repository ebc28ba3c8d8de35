/** A mail server on loopback that says what it is told to, with STARTTLS, and remembers what it heard and by which road. */
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, vi } from "vitest";
import type { Endpoint } from "../../src/model/ports.ts";
import { serve } from "../net/loopback.ts";

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

/** The name in its certificate. */
export const NAME = "dc01.example.com";

export interface Script {
  /** Lines without their ends; by default those of a server that offers STARTTLS. Undefined says nothing. */
  readonly banner?: readonly string[] | undefined;
  readonly ehlo?: readonly string[] | undefined;
  readonly helo?: readonly string[];
  readonly startTls?: readonly string[] | undefined;
  /** Inside TLS. */
  readonly ehloInTls?: readonly string[] | undefined;
  /** Sent in clear behind the answer to STARTTLS. */
  readonly injected?: string;
  /** Said in place of a handshake. */
  readonly insteadOfTls?: string;
  readonly begins?: "inside TLS";
}

export interface SmtpServer extends AsyncDisposable {
  readonly local: Endpoint;
  /** Each command, with `tls ` in front of those that came through TLS. */
  readonly heard: readonly string[];
  /** Resolves when every connection has ended, and so all was heard. */
  gone(): Promise<void>;
}

const USUAL: Script = {
  banner: ["220 mail.lab.test ESMTP"],
  ehlo: ["250-mail.lab.test Hello", "250-SIZE 100", "250 STARTTLS"],
  helo: ["250 mail.lab.test Hello"],
  startTls: ["220 go ahead"],
  ehloInTls: ["250-mail.lab.test Hello", "250 AUTH PLAIN"],
};

export async function smtpServer(how: Script = {}): Promise<SmtpServer> {
  const script: Script = { ...USUAL, ...how };
  const heard: string[] = [];
  const secureSide = createTlsServer({ key: pem("key"), cert: pem("self-signed") }, (socket) => {
    socket.on("error", () => {});
    if (script.begins === "inside TLS") say(socket, script.banner);
    converse(socket, true);
  });
  secureSide.on("tlsClientError", () => {});

  function converse(socket: Socket, secure: boolean): void {
    let buffered = "";
    const read = (chunk: Buffer) => {
      buffered += chunk.toString("latin1");
      for (let at = buffered.indexOf("\r\n"); at !== -1; at = buffered.indexOf("\r\n")) {
        const command = buffered.slice(0, at);
        buffered = buffered.slice(at + 2);
        heard.push(secure ? `tls ${command}` : command);
        const answer = answerTo(command, secure, script);
        if (command !== "STARTTLS" || !answer?.[0]?.startsWith("220")) {
          say(socket, answer);
          continue;
        }
        // In one write, so that what is injected comes with the answer.
        socket.write(`${answer[0]}\r\n${script.injected ?? ""}`);
        socket.removeListener("data", read);
        if (script.insteadOfTls === undefined) secureSide.emit("connection", socket);
        else socket.once("data", () => socket.write(script.insteadOfTls!));
        return;
      }
    };
    socket.on("data", read);
  }

  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (script.begins === "inside TLS") return void secureSide.emit("connection", socket);
    say(socket, script.banner);
    converse(socket, false);
  });
  const listening = await serve(server);
  return {
    local: listening.local,
    heard,
    gone: () => vi.waitFor(() => expect(listening.held()).toBe(0), { timeout: 30_000, interval: 5 }),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function say(socket: Socket, lines: readonly string[] | undefined): void {
  if (lines !== undefined) socket.write(lines.map((line) => `${line}\r\n`).join(""));
}

function answerTo(command: string, secure: boolean, script: Script): readonly string[] | undefined {
  switch (command.split(" ")[0]) {
    case "EHLO":
      return secure && script.begins === undefined ? script.ehloInTls : script.ehlo;
    case "HELO":
      return script.helo;
    case "STARTTLS":
      return script.startTls;
    case "QUIT":
      return ["221 bye"];
    default:
      return ["500 what?"];
  }
}
