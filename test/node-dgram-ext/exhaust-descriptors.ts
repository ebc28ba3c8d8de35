/** Run by a test in a process with few descriptors: opens sockets until there are none left, closes them, goes on. */
import { openSockets, type UdpSocket } from "#node-dgram-ext";

const sockets = await openSockets();
const held: UdpSocket[] = [];
let failed: { readonly code: string; readonly syscall: string } | undefined;
while (failed === undefined && held.length < 1000) {
  const socket = await sockets.openUdp({ family: 4, source: "127.0.0.1", onDatagram: () => {}, onError: () => {} });
  if (socket.local === undefined) failed = socket;
  else held.push(socket);
}
// Port 1 of loopback is taken by nobody.
const closedPort = { address: "127.0.0.1", port: 1 };
const tcp = await sockets.connectTcp(closedPort);
for (const socket of held) socket.close();
const ports = sockets.openUdpPorts({ address: "127.0.0.1", datagramBytes: 1, onDatagram: () => undefined });
const refused = await ports.bind(Array.from({ length: 1000 }, (_, index) => 20_000 + index));
const bound = ports.size;
ports.close();
const after = await sockets.connectTcp(closedPort);
const shown = {
  limit: sockets.features.descriptors,
  udp: failed && { code: failed.code, syscall: failed.syscall },
  tcp: tcp.socket === undefined && { code: tcp.code, syscall: tcp.syscall },
  ports: { all: bound + refused.size, why: [...new Set(refused.values())].filter((word) => word !== "EADDRINUSE") },
  afterwards: after.socket === undefined && after.code,
};
process.stdout.write(JSON.stringify(shown));
