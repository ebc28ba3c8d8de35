/** Feeds a decoder with inputs, and measures what each costs. */
import type { Codec } from "./codecs.ts";
import { Finding, judge } from "./judge.ts";

/** For 64 KiB on a busy machine; the slowest true message takes less than 1 ms. */
const SLOW_MS = 100;
const MAX_BYTES = 256 * 1024 * 1024;
/** Asking for the memory in use takes longer than most decoders do. */
const MEMORY_EVERY = 256;
/** Different ones; more of them say nothing new. */
const MAX_FINDINGS = 20;

export interface Found {
  readonly bytes: Uint8Array;
  readonly wrong: string;
}

export interface Trial {
  readonly inputs: number;
  readonly slowestMs: number;
  /** Heap and buffers together above what was in use before, garbage that was not yet collected too. */
  readonly peakBytes: number;
  readonly found: readonly Found[];
}

/**
 * Tries all inputs, and gives each finding once, whatever the numbers in it.
 *
 * @param announce is told of each input before it is tried, for the case that the decoder never ends
 */
export function tryInputs(
  { decode }: Codec,
  inputs: Iterable<Uint8Array>,
  announce: (bytes: Uint8Array) => void = () => {},
): Trial {
  const found = new Map<string, Found>();
  const before = usedBytes();
  let [count, slowestMs, peakBytes] = [0, 0, 0];
  const keep = (bytes: Uint8Array, wrong: string): void => {
    const kind = wrong.replace(/\d+/g, "");
    if (!found.has(kind)) found.set(kind, { bytes: bytes.slice(), wrong });
  };
  for (const bytes of inputs) {
    if (found.size >= MAX_FINDINGS) break;
    announce(bytes);
    const ms = bestOf(3, () => durationMs(() => wrongOf({ decode }, bytes, keep)));
    slowestMs = Math.max(slowestMs, ms);
    if (ms > SLOW_MS) keep(bytes, `takes ${ms.toFixed(0)} ms`);
    if (count++ % MEMORY_EVERY === 0) peakBytes = Math.max(peakBytes, usedBytes() - before);
    if (peakBytes > MAX_BYTES) {
      keep(bytes, `${peakBytes} bytes in use, at this input or shortly before`);
      break;
    }
  }
  return { inputs: count, slowestMs, peakBytes, found: [...found.values()] };
}

function wrongOf(
  { decode }: Pick<Codec, "decode">,
  bytes: Uint8Array,
  keep: (bytes: Uint8Array, wrong: string) => void,
): void {
  try {
    judge(decode, bytes);
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    keep(bytes, error.message);
  }
}

/** Slow because of the input, or because the machine did something else? The latter does not happen every time. */
function bestOf(times: number, measureMs: () => number): number {
  let best = measureMs();
  for (let again = 1; again < times && best > SLOW_MS / 10; again++) best = Math.min(best, measureMs());
  return best;
}

function durationMs(call: () => void): number {
  const startedMs = performance.now();
  call();
  return performance.now() - startedMs;
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
