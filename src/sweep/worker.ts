/** The worker thread of a run's sweeps: orders come in, reports go out, and everything between is the loop's. */
import type { MessagePort } from "node:worker_threads";
import { openSockets } from "#node-dgram-ext";
import { SweepLoop } from "./sweep-loop.ts";
import type { Order, Report } from "./worker-messages.ts";

/** Whoever is idle for so long asks whether it is still needed. */
const IDLE_MS = 2_000;

/** Does what comes over the port until it is told to end. So many `threads` may be at it at the same time. */
export async function serveSweeps(port: MessagePort, threads: number, monotonicMs: () => number): Promise<void> {
  const say = (report: Report): void => port.postMessage(report);
  const sockets = await openSockets();
  const { bulk, features } = sockets;
  const loop = bulk === undefined ? undefined : new SweepLoop({ bulk, features, threads, monotonicMs, say });
  const idle = setInterval(() => {
    if (loop?.isIdle !== false) say({ kind: "idle" });
  }, IDLE_MS);
  port.on("message", (order: Order) => {
    if (order.kind === "end") {
      clearInterval(idle);
      sockets.close();
      port.close();
    } else if (loop === undefined) {
      say({ kind: "failed", id: order.id, why: features.native.detail });
    } else {
      loop.add(order);
    }
  });
}
