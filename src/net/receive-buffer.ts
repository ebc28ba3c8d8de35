/**
 * Bytes received and not yet taken. Grows by doubling, so that a peer which drips single bytes costs no more than one
 * which sends them at once. It sets no limit: the caller stops reading.
 */
export class ReceiveBuffer {
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(4096, 2 * (this.length + chunk.length)));
      grown.set(this.view());
      this.#end = this.length;
      this.#start = 0;
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** All bytes held; good only until the next append, take or clear. */
  view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Takes the first `length` bytes out, as a copy. */
  take(length: number): Uint8Array {
    const taken = this.view().slice(0, length);
    this.#start += taken.length;
    return taken;
  }

  clear(): void {
    this.#start = this.#end;
  }
}
