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
  const ask = await openUdp(job, port, net, signal);
  ask.flow.send(job.payload);
  await ask.heard;
  ask.flow.close();
  return ask.flow.seen();
}

/**
 * UDP ports asked in one go, in this order and with nothing between them; resolves with what each showed once all have
 * answered, the reply time-out is over, or the signal aborted.
 */
export async function askTogether(
  job: SweepJob,
  ports: readonly number[],
  { net, world }: AskParts,
  stop: AbortController,
): Promise<readonly Observation[]> {
  // A signal with more than ten listeners makes Node warn, so each socket has its own.
  const stops = ports.map(() => new AbortController());
  const stopAll = () => {
    for (const each of stops) each.abort();
  };
  stop.signal.addEventListener("abort", stopAll, { once: true });
  if (stop.signal.aborted) stopAll();
  const asks = await Promise.all(ports.map((port, at) => openUdp(job, port, net, stops[at]!.signal)));
  void expire(job.replyTimeoutMs, world, stop);
  for (const { flow } of asks) flow.send(job.payload);
  await Promise.all(asks.map((ask) => ask.heard));
  for (const { flow } of asks) flow.close();
  stop.abort();
  return asks.map(({ flow }) => flow.seen());
}

/** A socket for one port. `heard` resolves with the first datagram, or with the socket's end. */
async function openUdp(job: SweepJob, port: number, net: Net, signal: AbortSignal) {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const how = { ...sourceOf(job), replyFrom: "same", onDatagram: () => answer() } as const;
  const flow = await net.udp({ transport: "udp", address: job.address, port }, how, signal);
  return { flow, heard: Promise.race([answered, flow.ended]) };
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
