/**
 * The text of one SIP header value, read from left to right (RFC 3261 section 25.1): tokens, quoted strings and
 * parameters, with white space around separators as that grammar allows it. Offsets in errors count characters of the
 * value.
 */
import { WireError } from "./bytes.ts";

/** One `;name` or `;name=value`. A quoted value is given without its quotes. */
export interface SipParameter {
  readonly name: string;
  readonly value?: string;
}

/** No header that a server sends has so many elements or parameters. */
const MAX_ELEMENTS = 128;

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Whether the text is a token: a method, a header name, a parameter name. */
export function isSipToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The value of the first parameter of this name; names have no case. Undefined also for one without a value. */
export function parameterValue(parameters: readonly SipParameter[], name: string): string | undefined {
  return parameters.find((parameter) => parameter.name.toLowerCase() === name.toLowerCase())?.value;
}

/** The elements of a comma-separated value, without the blanks around them; quotes and `<...>` hold a comma together. */
export function splitSipList(value: string): readonly string[] {
  const elements: string[] = [];
  let quoted = false;
  let bracketed = false;
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === "<") bracketed = true;
    else if (char === ">") bracketed = false;
    else if (char === "," && !bracketed) {
      if (elements.length + 1 >= MAX_ELEMENTS) throw new WireError("limit", `over ${MAX_ELEMENTS} elements`, at);
      elements.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...elements, value.slice(start).trim()];
}

/** Reads one element of a header value. Every method first passes over blanks. */
export class SipTextReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipBlanks();
  }

  /** The character that comes next, empty at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  /** Takes the character where it comes next. */
  take(char: string): boolean {
    if (this.next !== char) return false;
    this.#at++;
    this.#skipBlanks();
    return true;
  }

  /** Takes the character, or throws `malformed`. */
  expect(char: string): void {
    if (!this.take(char)) throw this.error(`${JSON.stringify(char)} expected`);
  }

  /** One or more characters of the set; throws `malformed` where there is none. */
  run(set: RegExp, what: string): string {
    const start = this.#at;
    while (this.#at < this.#text.length && set.test(this.next)) this.#at++;
    if (this.#at === start) throw this.error(`${what} expected`);
    const text = this.#text.slice(start, this.#at);
    this.#skipBlanks();
    return text;
  }

  token(what: string): string {
    return this.run(/[A-Za-z0-9\-.!%*_+`'~]/, what);
  }

  /** All up to the character, which is taken too. */
  until(char: string): string {
    const end = this.#text.indexOf(char, this.#at);
    if (end < 0) throw this.error(`${JSON.stringify(char)} is missing`);
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    this.#skipBlanks();
    return text;
  }

  /** A quoted string, without its quotes and escapes. */
  quoted(): string {
    if (this.next !== '"') throw this.error("a quoted string expected");
    let text = "";
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at]!;
      if (char === '"') {
        this.#at = at + 1;
        this.#skipBlanks();
        return text;
      }
      text += char === "\\" ? this.#text.charAt(++at) : char;
    }
    throw this.error("a quoted string without end");
  }

  /** The parameters up to the end of the value. */
  parameters(): readonly SipParameter[] {
    const parameters: SipParameter[] = [];
    while (this.take(";")) {
      if (parameters.length >= MAX_ELEMENTS) {
        throw new WireError("limit", `over ${MAX_ELEMENTS} parameters`, this.#at);
      }
      const name = this.token("a parameter's name");
      parameters.push(this.take("=") ? { name, value: this.#parameterValue() } : { name });
    }
    this.expectEnd();
    return parameters;
  }

  expectEnd(): void {
    if (this.next !== "") throw this.error(`${JSON.stringify(this.next)} is out of place`);
  }

  error(message: string): WireError {
    return new WireError("malformed", message, this.#at);
  }

  /** Wider than a token: addresses in `received` bear colons, with or without brackets (RFC 5118 section 4.5). */
  #parameterValue(): string {
    return this.next === '"' ? this.quoted() : this.run(/[^\s;,"<>]/, "a parameter's value");
  }

  #skipBlanks(): void {
    while (this.next === " " || this.next === "\t") this.#at++;
  }
}

/** Parameters as a header value ends with them; a value that is no token is quoted. */
export function formatSipParameters(parameters: readonly SipParameter[]): string {
  return parameters.map(({ name, value }) => `;${name}${value === undefined ? "" : `=${formatValue(value)}`}`).join("");
}

function formatValue(value: string): string {
  return /^[^\s;,"<>\\]+$/.test(value) ? value : quoteSip(value);
}

/** A quoted string. */
export function quoteSip(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
