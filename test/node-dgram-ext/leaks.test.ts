import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import {
  closedUdpPort,
  deaf,
  deferred,
  descriptors,
  hasNative,
  mappings,
  native,
  opened,
  tcpPeer,
} from "./loopback.ts";

const run = promisify(execFile);

/** Descriptors are closed at once, handles of the event loop a turn later. */
const settled = (): Promise<void> => new Promise((turned) => setTimeout(turned, 50));
const descriptorsSettleAt = (before: number) => expect.poll(descriptors).toBe(before);

describe.runIf(hasNative)("nothing is left behind", () => {
  it("by 1,000 connects, refused, aborted and handed over", async () => {
    await using peer = await tcpPeer("127.0.0.1", (socket) => socket.end());
    const closed = await tcpPeer("127.0.0.1", () => {});
    await closed[Symbol.asyncDispose]();
    const connect = async (number: number): Promise<void> => {
      const port = number % 2 === 0 ? peer.port : closed.port;
      const signal = number % 5 === 0 ? AbortSignal.abort() : undefined;
      const result = await native.connectTcp({ address: "127.0.0.1", port, ...(signal && { signal }) });
      if (result.socket === undefined) return;
      const gone = deferred<void>();
      result.socket
        .on("close", () => gone.resolve())
        .resume()
        .end();
      await gone.promise;
    };
    await connect(2);
    await settled();
    const before = descriptors();
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 50 }, (_, number) => connect(number)));
    }
    await descriptorsSettleAt(before);
  });

  it("by 1,000 UDP sockets, with an error each", async () => {
    await using closed = await closedUdpPort("127.0.0.1");
    await settled();
    const before = descriptors();
    const ask = async (): Promise<void> => {
      const error = deferred<unknown>();
      const remote = { address: "127.0.0.1", port: closed.port };
      const socket = opened(await native.openUdp({ ...deaf, family: 4, remote, onError: error.resolve }));
      socket.send(new Uint8Array(1));
      await error.promise;
      socket.close();
    };
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, ask));
    await descriptorsSettleAt(before);
  });

  it("by 100 openings of the module", async () => {
    const openAndClose = async (): Promise<void> => (await openSockets()).close();
    for (let round = 0; round < 10; round++) await openAndClose();
    await settled();
    const before = { descriptors: descriptors(), mappings: mappings() };
    for (let round = 0; round < 100; round++) await openAndClose();
    await descriptorsSettleAt(before.descriptors);
    // What the engine maps for itself varies by a few.
    expect(mappings()).toBeLessThan(before.mappings + 50);
  });

  it("in a process that may open 256 descriptors: a word instead of an exception, and everything works afterwards", async () => {
    const script = fileURLToPath(new URL("./exhaust-descriptors.ts", import.meta.url));
    const limited = `ulimit -n 256; exec "$0" --import tsx "$1"`;
    const { stdout } = await run("bash", ["-c", limited, process.execPath, script]);
    expect(JSON.parse(stdout)).toEqual({
      limit: 256,
      udp: { code: "EMFILE", syscall: "socket" },
      tcp: { code: "EMFILE", syscall: "socket" },
      ports: { all: 1000, why: ["EMFILE"] },
      afterwards: "ECONNREFUSED",
    });
  });
});
