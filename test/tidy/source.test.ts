// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the cases are source text with templates in it.
import { describe, expect, it } from "vitest";
import { parse } from "./source.ts";

const code = (text: string): string => parse("src/a.ts", text).code;

describe("the lexer of the house rules", () => {
  it.each([
    ["a line comment", "a // b\nc", "a     \nc"],
    ["a block comment over lines", "a /* b\nc */ d", "a     \n     d"],
    ["a string with an escaped quote", String.raw`x("a\"b")`, `x("    ")`],
    ["a comment mark inside a string", `x("// no")`, `x("     ")`],
    ["a template with an insertion", "`a${b}c`", "`  {b} `"],
    ["a template inside a template", "`a${`b${c}`}d`; e", "`  {`  {c}`} `; e"],
    ["an object inside an insertion", "`${{ a: 1 }}`", "` {{ a: 1 }}`"],
    ["a regular expression with a quote", `x = /["/]/g; y`, "x =       g; y"],
    ["a division", "a / b / c", "a / b / c"],
    ["a regular expression after return", "return /'/;", "return    ;"],
  ])("blanks %s", (_, text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("finds imports of every form, with their lines", () => {
    const text = [
      `import type { A } from "./a.ts";`,
      "import {",
      "  b,",
      `} from "./b.ts";`,
      `import "./c.ts";`,
      `export { d } from "./d.ts";`,
      `const e = await import("./e.ts");`,
      `// import "./no.ts";`,
      `const f = 'import "./no.ts"';`,
    ].join("\n");
    expect(parse("src/a.ts", text).imports).toEqual([
      { specifier: "./a.ts", line: 1, dynamic: false },
      { specifier: "./b.ts", line: 4, dynamic: false },
      { specifier: "./c.ts", line: 5, dynamic: false },
      { specifier: "./d.ts", line: 6, dynamic: false },
      { specifier: "./e.ts", line: 7, dynamic: true },
    ]);
  });
});
