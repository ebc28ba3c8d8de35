/** A TCP server of a test's own process. */
import { createServer, type Socket } from "node:net";

/** Listens at every address, and greets who comes. */
export function serve(port: number, greet: (socket: Socket) => void): void {
  const server = createServer((socket) => {
    // The prober may hang up at any moment.
    socket.on("error", () => {});
    socket.resume();
    greet(socket);
  });
  server.listen(port, "::");
}
