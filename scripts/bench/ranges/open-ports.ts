/** Listens on TCP ports of one address until it is ended. Arguments: the address, and the ports with commas. */
import { createServer } from "node:net";

const [address, ports = ""] = process.argv.slice(2);
for (const port of ports.split(",").filter(Boolean).map(Number)) {
  // A connection that is broken off is what a sweep makes of it.
  createServer((socket) => socket.on("error", () => {})).listen({ port, host: address, backlog: 128 });
}
