/** XML 1.0 as text: elements from names, attributes and content, and everything that must not stand as it is escaped. */

const INDENT = "  ";

/** What has a meaning in markup, and the two code points below U+10000 that XML 1.0 forbids and `safeText` lets pass. */
const SPECIAL = /[&<>"'\t\n\r\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\ufffe": "\\ufffe",
  "\uffff": "\\uffff",
};

/**
 * One element with its content indented, and a line feed behind it. `content` is elements. Values of attributes are
 * escaped here; their text must have gone through `safeText`, which leaves no other forbidden character.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const start = `<${name}${written.join("")}`;
  if (content.length === 0) return `${start}/>\n`;
  const inner = content.join("").replaceAll(/^(?=.)/gm, INDENT);
  return `${start}>\n${inner}</${name}>\n`;
}

function escaped(value: string): string {
  return value.replaceAll(SPECIAL, (char) => ENTITIES[char]!);
}
