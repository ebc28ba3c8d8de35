/**
 * What waits for slow readers. Many may read one body, which is in memory once; but bodies are written anew, and whoever
 * begins to read each of them and goes on slowly would keep all of them. The oldest is dropped with those who read it.
 */
import type { ServerResponse } from "node:http";

export class HeldBodies {
  readonly #maxBytes: number;
  /** In the order in which they were first sent. */
  readonly #readers = new Map<Buffer, Set<ServerResponse>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Counts a body until the response is over. The newest is never dropped, however large it is. */
  hold(body: Buffer, response: ServerResponse): void {
    const readers = this.#readers.get(body) ?? new Set();
    if (readers.size === 0) {
      this.#readers.set(body, readers);
      this.#bytes += body.length;
    }
    readers.add(response);
    response.once("close", () => this.#release(body, response));
    for (const [old, slow] of this.#readers) {
      if (this.#bytes <= this.#maxBytes || old === body) return;
      for (const reader of slow) {
        this.#release(old, reader);
        reader.destroy();
      }
    }
  }

  #release(body: Buffer, response: ServerResponse): void {
    const readers = this.#readers.get(body);
    if (readers?.delete(response) !== true || readers.size > 0) return;
    this.#readers.delete(body);
    this.#bytes -= body.length;
  }
}
