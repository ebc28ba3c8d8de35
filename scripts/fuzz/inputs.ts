/**
 * Inputs for decoders, the same ones for the same seed: every truncation and single-byte change of true messages, and
 * at random arbitrary bytes, changed, spliced and stretched messages.
 */

/** No input is longer; the largest datagram and the largest message that a prober asks for are not. */
export const MAX_INPUT_BYTES = 64 * 1024;

/** Up to this many bytes each byte takes all its other values, above only those that turn a bit, a length, a sign. */
const EXHAUSTIVE_BYTES = 320;
const FLIPS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];

/** Every truncation and every single-byte change of each message. The array given out is reused. */
export function* smallestChanges(messages: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const message of messages) {
    for (let length = 0; length <= message.length; length++) yield message.slice(0, length);
    const changed = message.slice();
    for (const [at, was] of message.entries()) {
      for (const flip of message.length <= EXHAUSTIVE_BYTES ? ALL_FLIPS : FLIPS) {
        changed[at] = was ^ flip;
        yield changed;
      }
      changed[at] = was;
    }
  }
}

const ALL_FLIPS = Array.from({ length: 255 }, (_, index) => index + 1);

/** Whole numbers from 0 up to, not including, `below`. */
type Random = (below: number) => number;

/** The generator mulberry32, seeded. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One input in three is arbitrary bytes, the others are made of the messages. */
export function* randomInputs(messages: readonly Uint8Array[], seed: number, count: number): Generator<Uint8Array> {
  const random = randomFrom(seed);
  for (let made = 0; made < count; made++) {
    const message = messages[random(messages.length)];
    if (message === undefined || random(3) === 0) yield arbitrary(random, arbitraryLength(random));
    else yield edited(random, random(2) === 0 ? message : spliced(random, message, messages[random(messages.length)]!));
  }
}

/** Mostly short, because a long row of arbitrary bytes is refused at its first; now and then as long as may be. */
function arbitraryLength(random: Random): number {
  const longest = [16, 64, 64, 512][random(4)]!;
  return random(random(256) === 0 ? MAX_INPUT_BYTES : longest);
}

function arbitrary(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** The head of one message and the tail of another. */
function spliced(random: Random, head: Uint8Array, tail: Uint8Array): Uint8Array {
  return joined(head.subarray(0, random(head.length + 1)), tail.subarray(random(tail.length + 1)));
}

/** One to four edits, one behind the other. */
function edited(random: Random, message: Uint8Array): Uint8Array {
  let bytes: Uint8Array = message.slice();
  for (let count = 1 + random(4); count > 0; count--) bytes = EDITS[random(EDITS.length)]!(random, bytes);
  return bytes.subarray(0, MAX_INPUT_BYTES);
}

type Edit = (random: Random, bytes: Uint8Array) => Uint8Array;

/** Numbers at which lengths and counts go wrong. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const EDITS: readonly Edit[] = [
  (random, bytes) => overwritten(bytes, random(bytes.length + 1), Uint8Array.of(random(256))),
  (random, bytes) => overwritten(bytes, random(bytes.length + 1), edge(random, bytes.length)),
  (random, bytes) => overwritten(bytes, random(bytes.length + 1), edge(random, bytes.length)),
  (random, bytes) => bytes.slice(0, random(bytes.length + 1)),
  (random, bytes) => {
    const from = random(bytes.length + 1);
    return joined(bytes.subarray(0, from), bytes.subarray(from + random(16)));
  },
  (random, bytes) => {
    const at = random(bytes.length + 1);
    return joined(bytes.subarray(0, at), arbitrary(random, random(16)), bytes.subarray(at));
  },
  stretched,
];

/** A length or count: an edge, or the true length, or one beside it; one, two or four bytes in either order. */
function edge(random: Random, length: number): Uint8Array {
  const value = random(2) === 0 ? EDGES[random(EDGES.length)]! : length + random(5) - 2;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  const cut = bytes.subarray(4 - [1, 2, 4][random(3)]!);
  return random(2) === 0 ? cut : cut.toReversed();
}

/** A piece repeated: mostly a few times, now and then up to the longest input. */
function stretched(random: Random, bytes: Uint8Array): Uint8Array {
  const from = random(bytes.length + 1);
  const piece = bytes.subarray(from, from + 1 + random(32));
  const room = random(64) === 0 ? MAX_INPUT_BYTES - bytes.length : 4 * piece.length;
  const repeats = piece.length === 0 ? 0 : Math.max(0, Math.floor(room / piece.length));
  return joined(bytes.subarray(0, from), ...Array<Uint8Array>(repeats).fill(piece), bytes.subarray(from));
}

/** Bytes put over those at a place, as far as there are some. */
function overwritten(bytes: Uint8Array, at: number, over: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(over.subarray(0, bytes.length - at), at);
  return changed;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
