/**
 * The loop of bench/connect-loop.c over a TcpPool: asks the same ports with as many sockets, and prints the same line.
 * Arguments: the address, the first port, how many ports, and how many sockets.
 */
import { openSockets } from "#node-dgram-ext";

const SILENT_MS = 150;

const [address, first, count, sockets] = process.argv.slice(2);
const { bulk, close } = await openSockets();
if (bulk === undefined) throw new Error("no system calls here");
const seen = { refused: 0, connected: 0, failed: 0 };
const before = process.cpuUsage();
const pool = bulk.tcpPool({
  address: address!,
  sockets: Number(sockets),
  onVerdict: (_port, errno) => {
    if (errno === 0) seen.connected++;
    else if (bulk.errorName(errno) === "ECONNREFUSED") seen.refused++;
    else seen.failed++;
  },
});
for (let port = Number(first); port < Number(first) + Number(count); port++) {
  while (pool.start(port) === undefined) pool.step(10);
  if (port % 64 === 0) pool.step(0);
}
let told = -1;
while (pool.busy > 0 && told !== pool.busy) {
  told = pool.busy;
  pool.step(SILENT_MS);
}
const { user, system } = process.cpuUsage(before);
const { refused, connected, failed } = seen;
const cpuMs = Math.round((user + system) / 1000);
process.stdout.write(
  `${refused} refused, ${connected} connected, ${failed} failed, ${pool.busy} silent, ${cpuMs} ms\n`,
);
pool.close();
close();
