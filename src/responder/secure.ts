/** The prober's end of the handshake. */
import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { codeOf } from "../net/life.ts";
import { type Credentials, clientTls } from "./credentials.ts";

/** TLS over the connection; or why not. */
export function secure(raw: Socket, credentials: Credentials, until: AbortSignal): Promise<TLSSocket | string> {
  const socket = connect({ socket: raw, ...clientTls(credentials) });
  return new Promise((resolve) => {
    const fail = (why: string) => {
      resolve(why);
      socket.destroy();
    };
    const late = () => fail("ETIMEDOUT");
    until.addEventListener("abort", late, { once: true });
    socket.on("error", (error) => fail(codeOf(error)));
    socket.on("close", () => fail("ECONNRESET"));
    socket.once("secureConnect", () => {
      until.removeEventListener("abort", late);
      resolve(socket);
    });
  });
}
