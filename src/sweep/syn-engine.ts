/** TCP ports asked by raw SYNs (CAP_NET_RAW): half the work, no connection at any service, and resets with their hop limit. */
import type { SynBatch } from "#node-dgram-ext";
import { Handshakes, type Line, type Listener } from "./handshakes.ts";
import type { EngineParts, SweepEngine } from "./sweep-engine.ts";

/** Questions under way at the same time: their answers have room in the receive buffer. */
const CAPACITY = 4_096;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export function createSynEngine(parts: EngineParts): SweepEngine {
  return new Handshakes(parts, (listener) => new RawLine(parts, listener));
}

class RawLine implements Line {
  readonly capacity = CAPACITY;
  readonly #batch: SynBatch;

  constructor({ job, bulk, seed }: EngineParts, { answered, failed }: Listener) {
    this.#batch = bulk.synBatch({
      address: job.address,
      seed,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onAnswer: (port, answer, hopLimit) =>
        answered(port, answer === "reset" ? "conn-refused" : "syn-ack", { hopLimit }),
      onError: (port, errno, icmp) => failed(port, bulk.errorName(errno), icmp),
      ...(job.source !== undefined && { source: job.source }),
    });
  }

  begin(port: number): boolean {
    if (this.#batch.room === 0 && this.#batch.flush() > 0) return false;
    this.#batch.add(port);
    return true;
  }

  drain(): boolean {
    const left = this.#batch.flush();
    return this.#batch.step(0) || left > 0;
  }

  giveUp(): void {}

  close(): void {
    this.#batch.close();
  }
}
