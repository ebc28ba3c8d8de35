/** A far end by script: what becomes of each port, what it was asked, and whether it was let go. */
import type { FarEnd, Fate, PortError, ProofAsk } from "../../src/model/far-end.ts";
import type { NoStream, StreamAsk, StreamSeen } from "../../src/model/media-stream.ts";
import type { Parts } from "../../src/model/parts.ts";
import type { HeldClock } from "./held-clock.ts";

export interface FarEndScript {
  /** Undefined: the far end is lost before it knows. */
  fate?(transport: ProofAsk["transport"], port: number, direction: ProofAsk["direction"]): Fate | undefined;
  /** What came for a port in the place of a reply. */
  error?(transport: ProofAsk["transport"], port: number): PortError | undefined;
  /** What is seen of a stream; without it streams cannot be announced. */
  stream?(ask: StreamAsk): StreamSeen | NoStream;
  /** Null: it has no control channel, and says nothing of us. */
  readonly seenAs?: string | null;
  readonly lost?: string;
}

export function scriptedFarEnd(
  clock: HeldClock,
  { fate = () => "open", error = () => undefined, stream, seenAs = "192.0.2.200", lost }: FarEndScript = {},
) {
  const asked: (ProofAsk & { readonly atMs: number })[] = [];
  const streamed: (StreamAsk & { readonly atMs: number })[] = [];
  const opened: string[] = [];
  const state = { ended: 0 };
  const session: FarEnd = {
    ...(seenAs !== null && { seenAs }),
    local: "192.0.2.200",
    errorQueue: { tcp: true, udp: true },
    async prove(ask, signal) {
      asked.push({ ...ask, atMs: clock.nowMs });
      await clock.sleep(100, signal);
      const known = signal.aborted
        ? []
        : [...ask.ports].map((port) => [port, fate(ask.transport, port, ask.direction)] as const);
      const fates = new Map(known.filter((one): one is [number, Fate] => one[1] !== undefined));
      const came = [...fates.keys()].map((port) => [port, error(ask.transport, port)] as const);
      const errors = new Map(came.filter((one): one is [number, PortError] => one[1] !== undefined));
      return { fates, errors, packets: ask.ports.length, ...(lost !== undefined && { lost }) };
    },
    ...(stream !== undefined && {
      async stream(ask: StreamAsk, signal: AbortSignal) {
        streamed.push({ ...ask, atMs: clock.nowMs });
        await clock.sleep(1_000, signal);
        return signal.aborted ? { why: "interrupted" as const } : stream(ask);
      },
    }),
    async end() {
      state.ended++;
    },
  };
  const farEnd: NonNullable<Parts["farEnd"]> = async (host, address) => {
    opened.push(`${host} ${address}`);
    return session;
  };
  return { farEnd, asked, streamed, opened, state };
}
