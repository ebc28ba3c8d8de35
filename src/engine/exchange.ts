/**
 * One check's talk on the wire: a oneshot over UDP or TCP, or a conversation. The prober gives and reads bytes; sockets,
 * sends and the end of waiting are kept here. Nothing is judged.
 */
import type { Check, Tls } from "../model/check.ts";
import type { Observation } from "../model/observation.ts";
import type { Net, TcpAttempt, UdpAttempt } from "../model/parts.ts";
import type { Endpoint } from "../model/ports.ts";
import type {
  Ask,
  Connection,
  Conversation,
  Dialer,
  Oneshot,
  Read,
  Reading,
  Schedule,
  Transaction,
} from "../model/prober.ts";
import { aborted, withDeadline } from "./deadline.ts";

/** A connection is given this long unless the user says otherwise: it covers the SYN resends of every system at about 1 s and 3 s. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** A reply that is longer than this without being whole is no reply. */
const REPLY_CAP_BYTES = 64 * 1024;

/** At most this many connections in one conversation. */
const CONNECTIONS_MAX = 4;

/** What an exchange is made over, and until when. */
export interface Reach {
  readonly net: Net;
  readonly signal: AbortSignal;
  /** How long a TCP connection may take to open; the whole check may end before. */
  readonly connectTimeoutMs: number;
}

export interface Exchanged {
  readonly reading?: Reading;
  readonly observations: readonly Observation[];
}

/** One datagram out (and resends), datagrams in, until one is final, the socket fails, or the time is over. */
export async function exchangeUdp(
  prober: Oneshot<unknown>,
  schedule: Schedule,
  check: Check,
  ask: Ask,
  { net, signal }: Reach,
): Promise<Exchanged> {
  const answered = new AbortController();
  let best: Read = {};
  let read: ((bytes: Uint8Array, from: Endpoint, atMs: number) => Read) | undefined;
  let fail: (mistake: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const socket = await net.udp(
    ask.remote,
    {
      ...sourceOf(check),
      replyFrom: schedule.replyFrom,
      onDatagram: (bytes, from, atMs) => {
        if (best.final !== undefined || read === undefined) return;
        try {
          best = { ...best, ...read(bytes, from, atMs) };
        } catch (mistake) {
          // Thrown to the socket it would end the process.
          fail(mistake);
        }
        if (best.final === undefined) return;
        if (best.undo !== undefined) socket.send(best.undo);
        answered.abort();
      },
    },
    signal,
  );
  try {
    if (socket.local !== undefined) {
      const transaction = prober.start(check.params, ask, socket.local);
      read = (bytes, from, atMs) => transaction.read(bytes, from, atMs);
      const over = AbortSignal.any([signal, answered.signal]);
      const sending = sendAll(schedule, transaction, socket, ask, over);
      await Promise.race([failed, socket.ended, aborted(over), sending]);
    }
    return exchanged(best.final ?? best.soFar, [socket.seen()]);
  } finally {
    answered.abort();
    socket.close();
  }
}

/** Sends at the scheduled times, then waits for the end; never resolves before `over` aborts. */
async function sendAll(
  schedule: Schedule,
  transaction: Transaction,
  socket: UdpAttempt,
  ask: Ask,
  over: AbortSignal,
): Promise<void> {
  const startedMs = ask.world.monotonicMs();
  for (const [number, atMs] of schedule.sendsAtMs.entries()) {
    const waitMs = startedMs + atMs - ask.world.monotonicMs();
    if (waitMs > 0) await ask.world.sleep(waitMs, over);
    if (over.aborted) return;
    const bytes = transaction.request(number);
    if (bytes !== undefined) socket.send(bytes);
  }
  await aborted(over);
}

/** The same transaction over TCP: one send, and all bytes so far are read at each arrival. */
export async function exchangeTcp(prober: Oneshot<unknown>, check: Check, ask: Ask, reach: Reach): Promise<Exchanged> {
  const attempt = await connect(check, ask, reach, check.tls);
  try {
    if (attempt.connection === undefined) return exchanged(undefined, [attempt.seen()]);
    const { connection } = attempt;
    const transaction = prober.start(check.params, ask, connection.local);
    const request = transaction.request(0);
    if (request !== undefined) connection.send(request);
    let best: Read = {};
    await connection.receive((buffered) => {
      best = { ...best, ...transaction.read(buffered, ask.remote, ask.world.monotonicMs()) };
      return best.final === undefined ? undefined : buffered.length;
    }, REPLY_CAP_BYTES);
    if (best.undo !== undefined) connection.send(best.undo);
    return exchanged(best.final ?? best.soFar, [attempt.seen()]);
  } finally {
    attempt.close();
  }
}

/** A conversation may open several connections to the one endpoint, one after the other; each is observed. */
export async function converse(
  conversation: Conversation<unknown>,
  check: Check,
  ask: Ask,
  reach: Reach,
): Promise<Exchanged> {
  const attempts: TcpAttempt[] = [];
  const dial = async (how: { readonly tls?: Tls } = {}): Promise<Connection | undefined> => {
    if (attempts.length >= CONNECTIONS_MAX || reach.signal.aborted) return undefined;
    attempts.at(-1)?.close();
    const attempt = await connect(check, ask, reach, how.tls);
    attempts.push(attempt);
    return attempt.connection;
  };
  try {
    const dialer: Ask & Dialer = {
      ...ask,
      connect: dial,
      latest: () => attempts.at(-1)?.seen(),
      noteHandshake: (read) => attempts.at(-1)?.noteHandshake(read),
    };
    const reading = await conversation.run(check.params, dialer);
    if (reading === undefined && attempts.length === 0) throw new TypeError(`${check.prober} never connected`);
    return exchanged(
      reading,
      attempts.map((attempt) => attempt.seen()),
    );
  } finally {
    for (const attempt of attempts) attempt.close();
  }
}

/** Connecting has its own deadline; once connected, only that of the whole check holds. */
async function connect(check: Check, ask: Ask, reach: Reach, tls?: Tls): Promise<TcpAttempt> {
  const { net, signal, connectTimeoutMs } = reach;
  const life = new AbortController();
  const end = () => life.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return withDeadline(ask.world, connectTimeoutMs, signal, async (connecting) => {
    connecting.addEventListener("abort", end, { once: true });
    const identity = (name: string) => ask.world.secret(name)?.bytes;
    const how = { ...sourceOf(check), identity, ...(tls === undefined ? {} : { tls }) };
    const attempt = await net.tcp(ask.remote, how, life.signal);
    connecting.removeEventListener("abort", end);
    return attempt;
  });
}

function sourceOf(check: Check): { readonly source?: string; readonly sourcePort?: number } {
  return {
    ...(check.source === undefined ? {} : { source: check.source }),
    ...(check.sourcePort === undefined ? {} : { sourcePort: check.sourcePort }),
  };
}

function exchanged(reading: Reading | undefined, observations: readonly Observation[]): Exchanged {
  return { observations, ...(reading === undefined ? {} : { reading }) };
}
