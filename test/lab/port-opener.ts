/** Listens on the TCP ports that the argument lists as JSON, and says nothing to anybody. */
import { createServer } from "node:net";

for (const port of JSON.parse(process.argv[2] ?? "[]") as readonly number[]) {
  createServer((socket) => {
    // The prober may hang up at any moment.
    socket.on("error", () => {});
    socket.resume();
  }).listen(port, "::");
}
