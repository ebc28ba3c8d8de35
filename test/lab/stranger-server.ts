/** The servers of `stranger.ts`, in one process inside its namespace. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { connect } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { DC, LDAPS_FRONTS, type LdapsFront } from "./addresses.ts";
import { LISTENER, SSH_BANNER_UDP_LISTENER } from "./stranger.ts";
import { serve } from "./tcp-server.ts";

const BANNER = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";

serve(LISTENER.silent, () => {});
serve(LISTENER.sshBanner, (socket) => socket.write(BANNER));
serve(LISTENER.closes, (socket) => socket.end());
serve(LISTENER.resets, (socket) => socket.resetAndDestroy());
createWebServer((_request, response) => response.end("It works!\n")).listen(LISTENER.web, "::");
serveDatagrams(SSH_BANNER_UDP_LISTENER);
for (const front of LDAPS_FRONTS) serveLdaps(front);

function serveDatagrams(listenPort: number): void {
  const server = createSocket("udp6");
  server.on("message", (_, { port, address }) => server.send(BANNER, port, address));
  server.bind(listenPort, "::");
}

function serveLdaps({ certificate, maxVersion, listenPort }: LdapsFront): void {
  const options = { cert: pem(certificate), key: pem("key"), ...(maxVersion && { maxVersion }) };
  const server = createTlsServer(options, (client) => {
    const ldap = connect(389, DC.v4);
    client.on("error", () => ldap.destroy());
    ldap.on("error", () => client.destroy());
    client.pipe(ldap).pipe(client);
  });
  server.listen(listenPort, "::");
}

function pem(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
}
