/** The servers of a box on the way that answers in the place of whoever was asked. They run on the router. */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { MIDDLE_BOX } from "./middle-box.ts";

const TOKEN_BYTES = 32;

serve(MIDDLE_BOX.accepts, () => {});
serve(MIDDLE_BOX.closes, (socket) => socket.end());
serve(MIDDLE_BOX.echoes, (socket) => socket.pipe(socket));
serve(MIDDLE_BOX.replays, (socket) => socket.write(new Uint8Array(TOKEN_BYTES)));

const echo = createSocket("udp6");
echo.on("message", (bytes, { port, address }) => echo.send(bytes, port, address));
echo.bind(MIDDLE_BOX.echoes, "::");

function serve(port: number, greet: (socket: Socket) => void): void {
  const server = createServer((socket) => {
    // The prober may hang up at any moment.
    socket.on("error", () => {});
    socket.resume();
    greet(socket);
  });
  server.listen(port, "::");
}
