/**
 * The door through which all bytes come and go: a bounds-checked Reader and a growing Writer. Every codec in this
 * folder is built on the two, so that no read leaves its buffer and no integer is cut short in silence. Offsets in
 * errors count from the start of the outermost buffer, also inside sub-readers.
 */

/**
 * What went wrong, for programs:
 * `truncated` more bytes would be needed; `malformed` the bytes break their format; `unsupported` the format is kept,
 * but this part of it is not spoken here; `limit` larger, deeper or more than we accept; `unencodable` a value that
 * the format cannot hold.
 */
export type WireErrorCode = "truncated" | "malformed" | "unsupported" | "limit" | "unencodable";

/** The only error that a codec throws. */
export class WireError extends Error {
  readonly code: WireErrorCode;
  /** Where in the outermost buffer: of the bytes being read, or of the bytes written so far. */
  readonly offset: number;

  constructor(code: WireErrorCode, message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.name = "WireError";
    this.code = code;
    this.offset = offset;
  }
}

/** Big-endian ("network order") or little-endian. */
export type ByteOrder = "be" | "le";

/** Reads forward through a part of a buffer. Any read beyond the part throws `truncated` and moves nothing. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #offset: number;

  /** Reads `bytes` from `start` up to, not including, `end`; both are clamped to the buffer. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    // A plain view, so that a Buffer never leaks into results: its subarrays compare unequal to Uint8Arrays.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#end = Math.max(0, Math.min(end, bytes.length));
    this.#start = Math.max(0, Math.min(start, this.#end));
    this.#offset = this.#start;
  }

  /** The next byte's place in the outermost buffer. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(order: ByteOrder): number {
    return this.#view.getUint16(this.#take(2), order === "le");
  }

  u32(order: ByteOrder): number {
    return this.#view.getUint32(this.#take(4), order === "le");
  }

  u64(order: ByteOrder): bigint {
    return this.#view.getBigUint64(this.#take(8), order === "le");
  }

  /** A signed byte. */
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  /** The next bytes as a view of the buffer, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Text of 7-bit characters; a byte of 0x80 or more is `malformed`. */
  ascii(length: number): string {
    const at = this.#offset;
    const text = this.latin1(length);
    for (let index = 0; index < length; index++) {
      if (text.charCodeAt(index) > 0x7f) throw new WireError("malformed", "a byte that is not ASCII", at + index);
    }
    return text;
  }

  /** Text of one byte a character, whatever the bytes: for names in a code page that nobody announces. */
  latin1(length: number): string {
    return latin1Text(this.bytes(length));
  }

  /** UTF-8 text; what is not UTF-8 becomes U+FFFD, because texts from the peer are shown and prove nothing. */
  utf8(length: number): string {
    return utf8Text(this.bytes(length));
  }

  /** Leaves out the next bytes. */
  skip(length: number): void {
    this.#take(length);
  }

  /** Leaves out bytes until the offset within this reader is a multiple of `size`. */
  align(size: number): void {
    this.#take((size - ((this.#offset - this.#start) % size)) % size);
  }

  /** A reader over the next bytes; this one goes on behind them. */
  sub(length: number): Reader {
    const at = this.#take(length);
    return new Reader(this.#bytes, at, at + length);
  }

  /** Throws `malformed` when bytes are left. */
  expectEnd(what: string): void {
    if (this.remaining > 0) throw this.error("malformed", `${this.remaining} bytes too many after ${what}`);
  }

  /** A WireError at the present offset. */
  error(code: WireErrorCode, message: string): WireError {
    return new WireError(code, message, this.#offset);
  }

  #take(length: number): number {
    if (!Number.isInteger(length) || length < 0) throw this.error("malformed", `a length of ${length} bytes`);
    if (length > this.remaining) {
      throw this.error("truncated", `${length} bytes wanted, ${this.remaining} left`);
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}

/** Writes forward into a buffer that grows. A value that does not fit its field throws `unencodable`. */
export class Writer {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes are written. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#room(1, value, 0, 0xff);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number, order: ByteOrder): this {
    const at = this.#room(2, value, 0, 0xffff);
    this.#view.setUint16(at, value, order === "le");
    return this;
  }

  u32(value: number, order: ByteOrder): this {
    const at = this.#room(4, value, 0, 0xffff_ffff);
    this.#view.setUint32(at, value, order === "le");
    return this;
  }

  u64(value: bigint, order: ByteOrder): this {
    if (value !== BigInt.asUintN(64, value)) throw this.unencodable(`${value} in 8 bytes`);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, order === "le");
    return this;
  }

  /** A signed byte. */
  i8(value: number): this {
    const at = this.#room(1, value, -0x80, 0x7f);
    this.#view.setInt8(at, value);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Text of 7-bit characters. */
  ascii(text: string): this {
    return this.#characters(text, 0x7f);
  }

  /** Text of one byte a character. */
  latin1(text: string): this {
    return this.#characters(text, 0xff);
  }

  utf8(text: string): this {
    return this.bytes(utf8Bytes(text));
  }

  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** Zeros until the length is a multiple of `size`. */
  align(size: number): this {
    return this.zeros((size - (this.#length % size)) % size);
  }

  /** Fills in a field written before, for instance a length that is known only now. */
  patchU16(offset: number, value: number, order: ByteOrder): this {
    if (offset + 2 > this.#length) throw this.unencodable(`a patch at byte ${offset}`);
    this.#check(value, 0, 0xffff);
    this.#view.setUint16(offset, value, order === "le");
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #characters(text: string, highest: number): this {
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > highest) throw this.unencodable(`the character ${JSON.stringify(text[index])}`);
      bytes[index] = code;
    }
    return this.bytes(bytes);
  }

  #room(size: number, value: number, lowest: number, highest: number): number {
    this.#check(value, lowest, highest);
    return this.#grow(size);
  }

  #check(value: number, lowest: number, highest: number): void {
    if (!Number.isInteger(value) || value < lowest || value > highest) {
      throw this.unencodable(`${value} in a field of ${lowest} to ${highest}`);
    }
  }

  /** A WireError that says what cannot be written. */
  unencodable(what: string): WireError {
    return new WireError("unencodable", `cannot write ${what}`, this.#length);
  }

  /**
   * Makes room for `size` more bytes and gives the place of the first. Growing replaces buffer and view, so callers
   * take the place first and look at the two only then.
   */
  #grow(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + size, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length += size;
    return at;
  }
}

/** UTF-8 bytes of a text. */
export function utf8Bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD, and a byte order mark stays. */
export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** One character a byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
