/** Run by a test: gives root's privileges up, and uses the module in a worker thread. Prints what worked. */
import { setgid, setuid } from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { openSockets, SocketError, type UdpError } from "#node-dgram-ext";

const NOBODY = 65534;
/** Port 1 of loopback is taken by nobody. */
const CLOSED = { address: "127.0.0.1", port: 1 };

function nameOf(error: unknown): string {
  return error instanceof SocketError ? `${error.name} ${error.code}` : String(error);
}

async function inWorker(): Promise<unknown> {
  const { features, bulk, connectTcp, openUdp } = await openSockets();
  if (bulk === undefined) return features.native.detail;
  let pooled = "";
  const onVerdict = (_: number, errno: number): void => {
    pooled = bulk.errorName(errno);
  };
  const pool = bulk.tcpPool({ address: CLOSED.address, sockets: 1, onVerdict });
  pool.start(CLOSED.port);
  while (pool.busy > 0) pool.step(1000);
  pool.close();
  let synBatch = "";
  try {
    bulk.synBatch({ address: CLOSED.address, seed: 1, onAnswer: () => {}, onError: () => {} });
  } catch (error) {
    synBatch = nameOf(error);
  }
  const single = await connectTcp(CLOSED);
  const udp = await new Promise<UdpError>((resolve) => {
    void openUdp({ family: 4, remote: CLOSED, onDatagram: () => {}, onError: resolve }).then((socket) => {
      if (socket.local === undefined) resolve(socket);
      else socket.send(new Uint8Array(1));
    });
  });
  return {
    native: features.native.has,
    eventLoop: features.eventLoop.detail,
    udpErrorQueue4: features.udpErrorQueue4.has,
    tcpErrorQueue: features.tcpErrorQueue.has,
    rawSockets: features.rawSockets.detail,
    largeBuffers: features.largeBuffers.has,
    synBatch,
    pool: pooled,
    single: single.socket === undefined && single.code,
    udp: udp.code,
  };
}

if (isMainThread) {
  // A worker does not inherit what reads TypeScript.
  const register = import.meta.resolve("tsx/esm/api");
  const code = `import("${register}").then(({ register }) => { register(); return import("${import.meta.url}"); })`;
  const worker = new Worker(code, { eval: true });
  // The worker's modules are loaded by the time it asks.
  worker.once("message", () => {
    setgid?.(NOBODY);
    setuid?.(NOBODY);
    worker.postMessage("go");
    worker.once("message", (shown: string) => {
      process.stdout.write(shown);
      worker.terminate();
    });
  });
} else {
  // Loads koffi while it can be read.
  (await openSockets()).close();
  parentPort?.once("message", async () => parentPort?.postMessage(JSON.stringify(await inWorker())));
  parentPort?.postMessage("ready");
}
