/**
 * Text from peers, made harmless. Details and evidence may bear bytes of a hostile peer: an escape sequence could
 * rewrite a terminal, a bidirectional control could turn a FAIL around. Every renderer sends its text through here.
 */

/** C0, C1, DEL, format characters (bidirectional controls, zero-width, tags), lone surrogates, line separators. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line of printable text: every harmful character becomes `\x1b` or `\u202e`, as visible characters. */
export function safeText(text: string): string {
  return text.replace(HARMFUL, (char) => {
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`;
  });
}

/** A copy of plain data in which every string went through `safeText`. */
export function safeStrings<T>(value: T): T {
  const safe = (each: unknown): unknown => {
    if (typeof each === "string") return safeText(each);
    if (Array.isArray(each)) return each.map(safe);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [safeText(key), safe(inner)]));
  };
  return safe(value) as T;
}

/**
 * JSON on which no terminal acts. JSON.stringify escapes C0 and lone surrogates itself; this escapes the rest, which
 * can only stand inside strings. Line feeds and blanks between tokens stay.
 */
export function safeJson(json: string): string {
  return json.replace(HARMFUL, (char) => (char === "\n" ? char : escapeUnits(char)));
}

function escapeUnits(char: string): string {
  return Array.from({ length: char.length }, (_, at) => `\\u${hex(char.charCodeAt(at), 4)}`).join("");
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
