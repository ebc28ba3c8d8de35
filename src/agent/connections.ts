/**
 * As many connections as we hold at once. Where all places are taken, the one that has waited longest without asking
 * anything makes room: whoever opens connections and says nothing (slow loris) keeps nobody else out.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";

type Socket = IncomingMessage["socket"];

/** Keeps the server's connections below a number. */
export function capConnections(server: Server, most: number): void {
  // In the order in which they began to wait for a request.
  const waiting = new Set<Socket>();
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    waiting.add(socket);
    socket.once("close", () => {
      open--;
      waiting.delete(socket);
    });
    if (open <= most) return;
    const [longest] = waiting;
    (longest ?? socket).destroy();
  });
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    waiting.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) waiting.add(socket);
    });
  });
}
