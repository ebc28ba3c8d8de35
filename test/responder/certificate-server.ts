/** Run by a test with a certificate authority that Node trusts: a server that has a certificate of it, and no key. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { AT, prober } from "./pair.ts";

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const server = createServer({ key: pem("key"), cert: pem("self-signed") }, (socket) => {
  socket.on("error", () => {}).resume();
});
server.on("tlsClientError", () => {}).listen(0, AT);
await once(server, "listening");
const made = await prober((server.address() as { readonly port: number }).port);
process.stdout.write(JSON.stringify("failure" in made ? made : "a session"));
process.exit(0);
