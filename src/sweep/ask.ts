/**
 * One port asked once: a TCP connection that is watched for a moment and closed, or one datagram on a socket of its own.
 */
import type { Observation, SweepJob } from "../model/observation.ts";
import type { Net } from "../model/parts.ts";
import type { Connection, World } from "../model/prober.ts";
import { RST_AFTER_ACCEPT_MS } from "../verdict/state.ts";

export interface AskParts {
  readonly net: Net;
  readonly world: World;
}

/** A port to ask. */
export interface Target {
  readonly port: number;
  /** Our port when it was asked before: a firewall that knows the flow by then treats it as the same one. */
  readonly ownPort?: number;
}

/**
 * Resolves with what was seen once the port answered, the reply time-out is over, or `stop` was aborted; `stop` is
 * aborted in any case when it resolves.
 */
export async function askPort(
  job: SweepJob,
  target: Target,
  parts: AskParts,
  stop: AbortController,
): Promise<Observation> {
  try {
    const ask = job.transport === "tcp" ? askTcp : askUdp;
    return await ask(job, target, parts, stop);
  } finally {
    stop.abort();
  }
}

async function askTcp(
  job: SweepJob,
  { port }: Target,
  { net, world }: AskParts,
  stop: AbortController,
): Promise<Observation> {
  let answered = false;
  void lapse(job.replyTimeoutMs, world, stop.signal).then(() => answered || stop.abort());
  const attempt = await net.tcp({ transport: "tcp", address: job.address, port }, sourceOf(job), stop.signal);
  answered = true;
  if (attempt.connection !== undefined) await watch(attempt.connection, world, stop.signal);
  // Nothing of ours is on its way, so the caller's abort ends the connection: a close would keep the socket a second.
  return attempt.seen();
}

/** Waits for the first byte, the peer's end, or until an end would no longer be a middle box's doing. */
async function watch(connection: Connection, world: World, signal: AbortSignal): Promise<void> {
  const byteOrEnd = connection.receive(() => 1, Number.POSITIVE_INFINITY);
  await Promise.race([byteOrEnd, lapse(RST_AFTER_ACCEPT_MS, world, signal)]);
}

async function askUdp(job: SweepJob, target: Target, parts: AskParts, stop: AbortController): Promise<Observation> {
  void lapse(job.replyTimeoutMs, parts.world, stop.signal).then(() => stop.abort());
  const ask = await openUdp(job, target, parts.net, stop.signal);
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
  targets: readonly Target[],
  { net, world }: AskParts,
  stop: AbortController,
): Promise<readonly Observation[]> {
  // A signal with more than ten listeners makes Node warn, so each socket has its own.
  const stops = targets.map(() => new AbortController());
  const stopAll = () => {
    for (const each of stops) each.abort();
  };
  stop.signal.addEventListener("abort", stopAll, { once: true });
  if (stop.signal.aborted) stopAll();
  const asks = await Promise.all(targets.map((target, at) => openUdp(job, target, net, stops[at]!.signal)));
  void lapse(job.replyTimeoutMs, world, stop.signal).then(() => stop.abort());
  for (const { flow } of asks) flow.send(job.payload);
  await Promise.all(asks.map((ask) => ask.heard));
  for (const { flow } of asks) flow.close();
  stop.abort();
  return asks.map(({ flow }) => flow.seen());
}

/** A socket for one port. `heard` resolves with the first datagram, or with the socket's end. */
async function openUdp(job: SweepJob, { port, ownPort }: Target, net: Net, signal: AbortSignal) {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const to = { transport: "udp", address: job.address, port } as const;
  const how = { ...sourceOf(job), replyFrom: "same", onDatagram: () => answer() } as const;
  const again = ownPort === undefined ? undefined : await net.udp(to, { ...how, sourcePort: ownPort }, signal);
  // Somebody else may have taken our port meanwhile: then it is a new flow.
  const flow = again?.local === undefined ? await net.udp(to, how, signal) : again;
  return { flow, heard: Promise.race([answered, flow.ended]) };
}

function sourceOf(job: SweepJob): { readonly source?: string } {
  return job.source === undefined ? {} : { source: job.source };
}

/** A timer may fire before answers that have long arrived are read: those get one turn of the event loop. */
async function lapse(ms: number, world: World, signal: AbortSignal): Promise<void> {
  await world.sleep(ms, signal);
  await new Promise((turned) => setImmediate(turned));
}
