/**
 * How a peer can behave, right or wrong, and what may honestly be said of it then. Each behaviour is written once, for
 * every protocol and transport; what the protocol says stands in peers.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Behaviour, Talk, Wire } from "./far-end.ts";
import type { Peer, Reason, Reply } from "./peers.ts";

export interface Trial {
  readonly name: string;
  readonly wires: readonly Wire[];
  /** The behaviour, or why this peer has none of the kind. */
  readonly behave: (peer: Peer) => Behaviour | Reason;
  readonly timeoutMs: number;
  /** The same for a prober that takes a reply from any address. */
  readonly timeoutFromAnyMs?: number;
  /** `proven`: confirmed, or refused where the protocol has nothing better to say. `unproven`: neither of the two. */
  readonly verdict: "confirmed" | "refused" | "proven" | "silent" | "unproven";
  /** The verdict of a prober that takes a reply from any address. */
  readonly verdictFromAny?: "proven";
  /** The peer speaks in clear where TLS was asked for. */
  readonly inClear?: true;
}

/** Long enough for any right reply on loopback, also on a machine that is busy. */
const AMPLE_MS = 60_000;
/** Where the prober can only give up. */
const SHORT_MS = 300;
/** What a flood sends at a time. */
const FLOOD_BYTES = 32 * 1024;
/** So many bytes of a dripped reply come one by one. */
const SINGLE_BYTES = 64;

const ANY: readonly Wire[] = ["tcp", "tls", "udp"];
const STREAMS: readonly Wire[] = ["tcp", "tls"];

export const TRIALS: readonly Trial[] = [
  {
    name: "answers",
    wires: ANY,
    behave: (peer) => saying(peer, peer.answer),
    timeoutMs: AMPLE_MS,
    verdict: "confirmed",
  },
  {
    name: "refuses",
    wires: ANY,
    behave: (peer) => saying(peer, peer.refusal),
    timeoutMs: AMPLE_MS,
    verdict: "refused",
  },
  { name: "stays silent", wires: ANY, behave: () => () => {}, timeoutMs: SHORT_MS, verdict: "silent" },
  {
    name: "answers somebody else's request",
    wires: ANY,
    behave: (peer) => saying(peer, peer.wrongId),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "drips a right reply",
    wires: STREAMS,
    behave: (peer) => saying(peer, right(peer), (talk, reply) => drip(talk, reply, 1)),
    timeoutMs: AMPLE_MS,
    verdict: "proven",
  },
  {
    name: "answers after datagrams of one byte",
    wires: ["udp"],
    behave: (peer) => saying(peer, right(peer), (talk, reply) => drip(talk, reply.subarray(0, 20), 1, reply)),
    timeoutMs: AMPLE_MS,
    verdict: "proven",
  },
  {
    name: "drips longer than anybody waits",
    wires: STREAMS,
    behave: (peer) => saying(peer, right(peer), (talk, reply) => drip(talk, reply, SHORT_MS / 2)),
    timeoutMs: SHORT_MS,
    verdict: "silent",
  },
  {
    name: "sends half a reply and nothing more",
    wires: ANY,
    behave: (peer) => saying(peer, right(peer), async (talk, reply) => void (await talk.send(half(reply)))),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "resets in mid-reply",
    wires: STREAMS,
    behave: (peer) => saying(peer, right(peer), breakOff),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "answers, and resets in the next reply",
    wires: STREAMS,
    behave: (peer) =>
      saying(peer, right(peer), (talk, reply, turn) =>
        turn <= (peer.provenAtTurn ?? 0) ? plainly(talk, reply, turn) : breakOff(talk, reply, turn),
      ),
    timeoutMs: AMPLE_MS,
    verdict: "proven",
  },
  {
    name: "hangs up in mid-reply",
    wires: STREAMS,
    behave: (peer) =>
      saying(peer, right(peer), async (talk, reply) => {
        await talk.send(half(reply));
        talk.hangUp();
      }),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "answers from another port",
    wires: ["udp"],
    behave: (peer) => saying(peer, right(peer), (talk, reply) => talk.sendFromElsewhere(reply)),
    timeoutMs: SHORT_MS,
    timeoutFromAnyMs: AMPLE_MS,
    verdict: "silent",
    verdictFromAny: "proven",
  },
  {
    name: "sends 60 KiB of noise",
    wires: ANY,
    behave: (peer) => blurting(peer, noise(60 * 1024)),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "begins like a right reply and goes on as noise",
    wires: ANY,
    behave: (peer) =>
      saying(peer, right(peer), async (talk, reply) => {
        await talk.send(Buffer.concat([reply.subarray(0, 6), noise(60 * 1024)]));
      }),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "greets as a mail server",
    wires: STREAMS,
    behave: () => async (talk) => void (await talk.send(BANNER)),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "answers as a mail server",
    wires: ["udp"],
    behave: (peer) => blurting(peer, BANNER),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "greets as a mail server where TLS was asked for",
    wires: ["tls"],
    inClear: true,
    behave: () => async (talk) => void (await talk.send(BANNER)),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "answers with a TLS server hello",
    wires: ANY,
    behave: (peer) => blurting(peer, SERVER_HELLO),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "answers with a TLS alert",
    wires: ANY,
    behave: (peer) => blurting(peer, Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40)),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "hangs up at once",
    wires: STREAMS,
    behave: () => (talk) => talk.hangUp(),
    timeoutMs: SHORT_MS,
    verdict: "unproven",
  },
  {
    name: "repeats a right reply for ever",
    wires: ANY,
    behave: (peer) =>
      saying(peer, right(peer), (talk, reply, turn) =>
        turn < (peer.provenAtTurn ?? 0) ? plainly(talk, reply, turn) : flood(talk, reply),
      ),
    timeoutMs: AMPLE_MS,
    verdict: "proven",
  },
];

/** Streams that never end, each taken as fast as the prober takes it. */
export function endlessStreams(peer: Peer): readonly Behaviour[] {
  const zeros = new Uint8Array(16 * 1024);
  const streams = [
    saying(peer, () => [noise(16 * 1024)], flood),
    saying(peer, right(peer), flood),
    saying(peer, right(peer), async (talk, reply) => {
      await talk.send(reply.subarray(0, 6));
      await flood(talk, zeros);
    }),
  ];
  return streams.filter((stream) => typeof stream !== "string");
}

const BANNER = Uint8Array.from(Buffer.from("220 mail ESMTP\r\n"));

/** A record with a ServerHello of TLS 1.2 (RFC 5246 section 7.4.1.3): version, 32 random octets, no session, a cipher. */
const SERVER_HELLO = Uint8Array.from([...[0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3], ...noise(32), ...[0, 0xc0, 0x2f, 0]]);

/** What a server of the protocol says when all is well. */
function right({ answer, refusal }: Peer): Reply | Reason {
  return typeof answer === "string" ? refusal : answer;
}

type Saying = (talk: Talk, reply: Uint8Array, turn: number) => Promise<void>;

const plainly: Saying = async (talk, reply) => void (await talk.send(reply));

const breakOff: Saying = async (talk, reply) => {
  await talk.send(half(reply));
  talk.reset();
};

/** Gives every request its replies, each said in this way. */
function saying(peer: Peer, reply: Reply | Reason, say: Saying = plainly): Behaviour | Reason {
  if (typeof reply === "string") return reply;
  return async (talk) => {
    for (let turn = 0; ; turn++) {
      for (const message of reply(await cue(peer, talk, turn), turn)) await say(talk, message, turn);
    }
  };
}

/** Says this to the first request, whatever it is. */
function blurting(peer: Peer, bytes: Uint8Array): Behaviour {
  return async (talk) => {
    await cue(peer, talk, 0);
    await talk.send(bytes);
  };
}

/** What a peer waits for before it speaks: the next request, or nothing where its protocol lets it speak first. */
function cue(peer: Peer, talk: Talk, turn: number): Promise<Uint8Array> {
  return peer.speaksFirst === true && turn === 0 ? Promise.resolve(new Uint8Array()) : talk.next();
}

/** Byte by byte where frames begin, then in pieces, so that a long reply takes no longer than a short one. */
async function drip(talk: Talk, reply: Uint8Array, everyMs: number, last?: Uint8Array): Promise<void> {
  const pieceBytes = Math.ceil(Math.max(1, reply.length - SINGLE_BYTES) / SINGLE_BYTES);
  for (let at = 0; at < reply.length; ) {
    const end = at < SINGLE_BYTES ? at + 1 : at + pieceBytes;
    if (!(await talk.send(reply.subarray(at, end)))) return;
    await sleep(everyMs);
    at = end;
  }
  if (last !== undefined) await talk.send(last);
}

/** The same over and over, as fast as it is taken: many in one write, or many datagrams at once. */
async function flood(talk: Talk, bytes: Uint8Array): Promise<void> {
  while (await talk.sendTimes(bytes, Math.ceil(FLOOD_BYTES / bytes.length)));
}

function half(reply: Uint8Array): Uint8Array {
  return reply.subarray(0, Math.floor(reply.length / 2));
}

/** Octets of a linear congruential generator: the same in every run. */
function noise(length: number): Uint8Array {
  let state = 0x2545f491;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
