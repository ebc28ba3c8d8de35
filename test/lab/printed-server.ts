/**
 * SQL Server, its browser and Exchange's routing engine, for whom Debian has no server: each says what somebody printed
 * (test/fixtures/printed), whatever it is asked. Nothing here knows our codecs. Argument: the address to listen on.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { printed } from "../wire/captured.ts";

const address = process.argv[2]!;

createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => socket.write(printed("tds-prelogin-response")));
}).listen(1433, address);

createServer((socket) => {
  socket.on("error", () => {});
  socket.write(printed("exchange-routing-banner"));
}).listen(691, address);

const browser = createSocket("udp4");
browser.on("message", (_, { port, address: from }) => {
  browser.send(printed("sql-browser-default-response"), port, from);
});
browser.bind(1434, address);
