/**
 * Files as the house rules see them. A small lexer separates code from comments and literals, so that a rule about
 * code never stumbles over a sentence; TypeScript's own parser has no stable interface, and a rule needs no tree.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface Source {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of literals blanked, place by place; for TypeScript only. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written, for instance `../model/words.ts` or `node:net`. */
  readonly specifier: string;
  readonly line: number;
  /** `import("...")`: loaded when the line runs. */
  readonly dynamic: boolean;
}

/** What a rule finds wrong; `mend` says what to do instead. */
export interface Complaint {
  readonly path: string;
  readonly line: number;
  readonly wrong: string;
  readonly mend: string;
}

/** One house rule, with broken trees that prove that the rule can fail, and the place and words of the complaint. */
export interface Rule {
  readonly name: string;
  readonly check: (sources: readonly Source[]) => readonly Complaint[];
  readonly broken: readonly { readonly files: Readonly<Record<string, string>>; readonly complaint: string }[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "coverage", ".git"]);

/** Every file of the working tree that could be committed. */
export function readTree(): readonly Source[] {
  return walk(root).map((path) => parse(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8")));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** A file from its path and text. */
export function parse(path: string, text: string): Source {
  const code = path.endsWith(".ts") ? blankCommentsAndLiterals(text) : "";
  return { path, text, code, imports: findImports(text, code) };
}

/** The line of a place in a text, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** One complaint for each place where the pattern, which has the flag `g`, matches. */
export function complain(source: Source, text: string, pattern: RegExp, wrong: string, mend: string): Complaint[] {
  return [...text.matchAll(pattern)].map((match) => {
    return { path: source.path, line: lineAt(text, match.index), wrong: wrong.replace("$", match[0].trim()), mend };
  });
}

function findImports(text: string, code: string): Import[] {
  return [...code.matchAll(/\b(?:from|import)\s*(\(\s*)?(?=["'])/g)].map((match) => {
    const open = match.index + match[0].length;
    const close = code.indexOf(code[open]!, open + 1);
    return { specifier: text.slice(open + 1, close), line: lineAt(text, open), dynamic: match[1] !== undefined };
  });
}

/** A `/` after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEXP = /(?:^|[([{}=,;:!&|?+\-*%~^<>]|\b(?:return|typeof|case|of|in))$/;
const TOKEN = /[^"'`/{}]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\s\S]/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;

/** The code with everything blanked that is not code; every character keeps its place. */
function blankCommentsAndLiterals(text: string): string {
  let code = "";
  /** For each open brace whether it closes an insertion of a template, whose text then goes on. */
  const braces: boolean[] = [];
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0] ?? "";
  };
  while (code.length < text.length) {
    const token = take(TOKEN);
    if (token === "/" && BEFORE_REGEXP.test(code.trimEnd().slice(-8))) code += blank(take(REGEXP) || token);
    else if (token.startsWith("//") || token.startsWith("/*")) code += blank(token);
    else if (/^["']./.test(token)) code += token[0] + blank(token.slice(1, -1)) + token[0];
    else code += token;

    if (token === "{") braces.push(false);
    if (token === "`" || (token === "}" && braces.pop() === true)) {
      const literal = take(TEMPLATE_TEXT);
      code += blank(literal.slice(0, -1)) + literal.slice(-1);
      if (literal.endsWith("{")) braces.push(true);
    }
  }
  return code;
}

function blank(piece: string): string {
  return piece.replace(/[^\n]/g, " ");
}
