/** One port asked once: a TCP connection that is closed as soon as it stands, or one datagram on a socket of its own. */
import type { Observation, SweepJob } from "../model/observation.ts";
import type { Net } from "../model/parts.ts";
import type { World } from "../model/prober.ts";

export interface AskParts {
  readonly net: Net;
  readonly world: World;
}

/**
 * Resolves with what was seen once the port answered, the reply time-out is over, or `stop` was aborted; `stop` is
 * aborted in any case when it resolves.
 */
export async function askPort(
  job: SweepJob,
  port: number,
  parts: AskParts,
  stop: AbortController,
): Promise<Observation> {
  void expire(job.replyTimeoutMs, parts.world, stop);
  try {
    const ask = job.transport === "tcp" ? askTcp : askUdp;
    return await ask(job, port, parts.net, stop.signal);
  } finally {
    stop.abort();
  }
}

async function askTcp(job: SweepJob, port: number, net: Net, signal: AbortSignal): Promise<Observation> {
  const attempt = await net.tcp({ transport: "tcp", address: job.address, port }, sourceOf(job), signal);
  attempt.close();
  return attempt.seen();
}

async function askUdp(job: SweepJob, port: number, net: Net, signal: AbortSignal): Promise<Observation> {
  let heard = () => {};
  const answered = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const how = { ...sourceOf(job), replyFrom: "same", onDatagram: () => heard() } as const;
  const flow = await net.udp({ transport: "udp", address: job.address, port }, how, signal);
  flow.send(job.payload);
  await Promise.race([answered, flow.ended]);
  flow.close();
  return flow.seen();
}

function sourceOf(job: SweepJob): { readonly source?: string } {
  return job.source === undefined ? {} : { source: job.source };
}

/** A timer may fire before answers that have long arrived are read: those get one turn of the event loop. */
async function expire(timeoutMs: number, world: World, stop: AbortController): Promise<void> {
  await world.sleep(timeoutMs, stop.signal);
  await new Promise((turned) => setImmediate(turned));
  stop.abort();
}
