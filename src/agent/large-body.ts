/** A large answer that is written once, however many ask for it at the same time. */
import { setImmediate } from "node:timers/promises";
import { gzip } from "node:zlib";

export interface Body {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

export interface LargeBodyOptions {
  /** How long it may be given again. Who asks while it is written gets the same in any case. */
  readonly keptMs: number;
  monotonicMs(): number;
}

export class LargeBody {
  readonly #pieces: () => AsyncIterable<string> | Iterable<string>;
  readonly #options: LargeBodyOptions;
  #written: Promise<Body> | undefined;
  /** When it was written; undefined while it is not. */
  #writtenMs: number | undefined;

  constructor(pieces: () => AsyncIterable<string> | Iterable<string>, options: LargeBodyOptions) {
    this.#pieces = pieces;
    this.#options = options;
  }

  /** The body. Rejects with what the writer throws; the next one who asks has it written anew. */
  get(): Promise<Body> {
    const { keptMs, monotonicMs } = this.#options;
    const isOld = this.#writtenMs !== undefined && monotonicMs() - this.#writtenMs >= keptMs;
    if (this.#written !== undefined && !isOld) return this.#written;
    const written = writeBody(this.#pieces());
    this.#written = written;
    this.#writtenMs = undefined;
    written.then(
      () => this.#note(written, monotonicMs()),
      () => this.#note(written, Number.NEGATIVE_INFINITY),
    );
    return written;
  }

  /** What was written, or is about to be, is old. */
  stale(): void {
    this.#written = undefined;
  }

  #note(written: Promise<Body>, atMs: number): void {
    if (this.#written === written) this.#writtenMs = atMs;
  }
}

/** A body of its own. Compressing happens in another thread, and between two pieces the event loop turns once. */
export async function writeBody(pieces: AsyncIterable<string> | Iterable<string>): Promise<Body> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) {
    if (piece !== "") parts.push(Buffer.from(piece));
    await setImmediate();
  }
  const plain = Buffer.concat(parts);
  const gzipped = await new Promise<Buffer>((resolve, reject) => {
    gzip(plain, { level: 1 }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
  return { plain, gzipped };
}

/** As many members of a list as are written in one piece. */
const MEMBERS_A_PIECE = 64;

/** JSON of an object with one long list, in pieces. The list may be made while it is written. */
export function* jsonPieces(head: object, listName: string, members: Iterable<unknown>): Generator<string> {
  let piece = `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(listName)}:[`;
  let count = 0;
  for (const member of members) {
    piece += `${count === 0 ? "" : ","}${JSON.stringify(member)}`;
    if (++count % MEMBERS_A_PIECE !== 0) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}]}\n`;
}
