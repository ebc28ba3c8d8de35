/** A web server for the conformance suite. */
import type { Peer } from "./peers.ts";

/** A whole response with one line of a server's own. */
export function httpResponse(status: string, ...lines: readonly string[]): Uint8Array {
  const head = [`HTTP/1.1 ${status}`, "Server: nginx", ...lines, "Content-Length: 2", "", ""];
  return Uint8Array.from(Buffer.from(`${head.join("\r\n")}ok`));
}

/** Where the head of an HTTP request ends. */
export function emptyLine(buffered: Uint8Array): number | undefined {
  const at = Buffer.from(buffered).indexOf("\r\n\r\n");
  return at === -1 ? undefined : at + 4;
}

export const httpPeer: Peer = {
  frameLength: emptyLine,
  tls: true,
  answer: () => [httpResponse("200 OK")],
  refusal: () => [httpResponse("403 Forbidden")],
  wrongId: "A response bears no id; the connection ties it to its request.",
};
