/**
 * Short streams to ports of media rows, once tokens came through there. Only to a far end: it holds the ports meanwhile,
 * so that no live call hears them.
 */
import pLimit from "p-limit";
import type { Check } from "../model/check.ts";
import type { FarEnd, Fate, Proof } from "../model/far-end.ts";
import type { NoStream, StreamAsk, StreamSeen } from "../model/media-stream.ts";
import { holdsPort, portsOf } from "../model/ports.ts";
import { isAllLost } from "../verdict/media.ts";

/** A second of G.711 (RFC 3551): 20 ms of audio a packet, marked EF (RFC 3246) as voice is (RFC 4594 section 4.1). */
export const MEDIA_STREAM: Omit<StreamAsk, "port"> = { packets: 50, intervalMs: 20, bytes: 172, dscp: 46 };
/** Streams at once to one far end; it takes 64. */
const STREAMS_MAX = 32;

export type Streams = ReadonlyMap<number, StreamSeen | NoStream>;

/** Streams to the first, the middle and the last port of each media row that passed, so many at once as the rate allows. */
export async function streamMedia(
  checks: readonly Check[],
  farEnd: FarEnd,
  fates: Proof["fates"],
  ratePerS: number,
  signal: AbortSignal,
): Promise<Streams> {
  const ports = new Set(checks.filter(isMedia).flatMap((check) => somePassed(check, fates)));
  const packetsPerS = 1_000 / MEDIA_STREAM.intervalMs;
  const limit = pLimit(Math.max(1, Math.min(STREAMS_MAX, Math.floor(ratePerS / packetsPerS))));
  const streams = new Map<number, StreamSeen | NoStream>();
  await Promise.all(
    [...ports].map((port) =>
      limit(async () => {
        const seen = await farEnd.stream?.({ ...MEDIA_STREAM, port }, signal);
        streams.set(port, seen ?? { why: "unannounced" });
      }),
    ),
  );
  return streams;
}

/** Rows over UDP that carry media. Where nothing is to pass, one token that did says all. */
function isMedia({ row, transport, expect }: Check): boolean {
  return row.media === true && transport === "udp" && expect !== "blocked";
}

function somePassed({ ports }: Check, fates: Proof["fates"]): readonly number[] {
  const passed = [...portsOf(ports)].filter((port) => fates.get(port) === "open");
  const some = [passed[0], passed[passed.length >> 1], passed.at(-1)];
  return some.filter((port) => port !== undefined);
}

/** The streams that a check has a part in. */
export function streamsOf(check: Check, streams: Streams): Streams {
  if (!isMedia(check)) return new Map();
  return new Map([...streams].filter(([port]) => holdsPort(check.ports, port)));
}

/** The proof of a check whose streams these are: a port that lost a whole one loses media, whatever tokens did. */
export function proofWith<P extends Proof>(proof: P, streams: Streams): P {
  const fates = new Map(proof.fates);
  const errors = new Map(proof.errors);
  for (const [port, stream] of streams) {
    const fate = fateOf(stream);
    if (fate === undefined) continue;
    fates.set(port, fate);
    // It was about a token.
    errors.delete(port);
  }
  return { ...proof, fates, errors };
}

function fateOf(stream: StreamSeen | NoStream): Fate | undefined {
  if ("why" in stream) return undefined;
  if (isAllLost(stream.out)) return "request-lost";
  return isAllLost(stream.back) ? "reply-lost" : undefined;
}
