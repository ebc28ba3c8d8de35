/** Machines that lack something: what single checks make of it is less, and never wrong. */

import { describe, expect, it } from "vitest";
import { openSockets } from "#node-dgram-ext";
import { createNet } from "../../src/net/net.ts";
import { judge } from "../../src/verdict/state.ts";
import { hasNative } from "../node-dgram-ext/loopback.ts";
import { withoutCall } from "../node-dgram-ext/sandbox.ts";
import { bytesOf, closedPort, never } from "./loopback.ts";

type Sockets = Awaited<ReturnType<typeof openSockets>>;

/** The verdicts on a closed port, over TCP and UDP. */
async function verdictsOfClosed(sockets: Sockets) {
  const net = createNet({ monotonicMs: () => performance.now() }, sockets);
  const attempt = await net.tcp(await closedPort(), {}, never);
  const flow = await net.udp(await closedPort("udp"), { replyFrom: "same", onDatagram: () => {} }, never);
  flow.send(bytesOf("anyone?"));
  await flow.ended;
  sockets.close();
  return { tcp: judge([attempt.seen()], undefined), udp: judge([flow.seen()], undefined) };
}

const DOUBTED = { state: "closed", doubted: true };

describe("a closed port", () => {
  it("is doubted without koffi", async () => {
    const sockets = await openSockets(() => Promise.reject(new Error("no such module")));
    expect(await verdictsOfClosed(sockets)).toMatchObject({ tcp: DOUBTED, udp: DOUBTED });
  });

  describe.runIf(hasNative)("where a sandbox forbids", () => {
    const certain = { state: "closed" };

    it.each([
      ["recvmsg", DOUBTED, certain],
      ["recvmmsg", certain, DOUBTED],
      ["sendmmsg", certain, DOUBTED],
      ["epoll_create1", DOUBTED, DOUBTED],
      ["setsockopt", DOUBTED, DOUBTED],
    ])("%s, is doubted over what needs it", async (call, tcp, udp) => {
      const verdicts = await verdictsOfClosed(await openSockets(() => withoutCall(call)));
      expect(verdicts).toMatchObject({ tcp, udp });
      expect(verdicts.tcp.doubted).toBe(tcp === DOUBTED ? true : undefined);
      expect(verdicts.udp.doubted).toBe(udp === DOUBTED ? true : undefined);
    });
  });
});
