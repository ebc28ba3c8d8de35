/**
 * A codec is fuzzed in a thread of its own, so that a decoder that never ends or eats all memory can be stopped: the
 * input being tried stands in shared memory, where the main thread finds it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { CODECS } from "./codecs.ts";
import { MAX_INPUT_BYTES, randomInputs, smallestChanges } from "./inputs.ts";
import { tryInputs } from "./trial.ts";

export interface Task {
  readonly codec: string;
  readonly seed: number;
  /** Random inputs, beside all smallest changes of the messages. */
  readonly runs: number;
  readonly shared: SharedArrayBuffer;
}

const HEAD_BYTES = 8;
export const SHARED_BYTES = HEAD_BYTES + MAX_INPUT_BYTES;

/** How many inputs were announced, and the last of them. */
export function announced(shared: SharedArrayBuffer): { readonly count: number; readonly bytes: Uint8Array } {
  const [count = 0, length = 0] = new Int32Array(shared, 0, 2);
  return { count, bytes: new Uint8Array(shared, HEAD_BYTES, length).slice() };
}

function* inputsOf({ codec, seed, runs }: Task): Generator<Uint8Array> {
  const { messages } = CODECS[codec]!;
  yield* smallestChanges(messages);
  yield* randomInputs(messages, seed, runs);
}

if (parentPort !== null) {
  // Most inputs are refused, and writing the stack down is most of the work of refusing.
  Error.stackTraceLimit = 0;
  const task = workerData as Task;
  const head = new Int32Array(task.shared, 0, 2);
  const body = new Uint8Array(task.shared, HEAD_BYTES);
  const trial = tryInputs(CODECS[task.codec]!, inputsOf(task), (bytes) => {
    body.set(bytes);
    head[1] = bytes.length;
    head[0]!++;
  });
  parentPort.postMessage(trial);
}
