/** A large answer that is written once, however many ask for it at the same time. */
import { setImmediate } from "node:timers/promises";
import { gzip } from "node:zlib";

export interface Body {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

export class LargeBody {
  readonly #pieces: () => AsyncIterable<string> | Iterable<string>;
  readonly #isKept: boolean;
  #written: Promise<Body> | undefined;

  /** `isKept`: stays good until somebody calls it stale; else only those share it who ask while it is written. */
  constructor(pieces: () => AsyncIterable<string> | Iterable<string>, isKept: boolean) {
    this.#pieces = pieces;
    this.#isKept = isKept;
  }

  /** The body. Rejects with what the writer throws; the next one who asks has it written anew. */
  get(): Promise<Body> {
    if (this.#written !== undefined) return this.#written;
    const written = write(this.#pieces());
    this.#written = written;
    const forget = () => {
      if (this.#written === written) this.#written = undefined;
    };
    written.then(this.#isKept ? undefined : forget, forget);
    return written;
  }

  stale(): void {
    this.#written = undefined;
  }
}

/** Compressing happens in another thread, and between two pieces the event loop turns once. */
async function write(pieces: AsyncIterable<string> | Iterable<string>): Promise<Body> {
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
