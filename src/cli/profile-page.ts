/** A profile as a page that reads like the vendor's, only clearer: rows, where they come from, and what they depend on. */

import type { Profile, ProfileRow, STATED } from "../profile/format.ts";
import { splitPortsWord, substitute } from "../profile/ports.ts";
import { hanging, widthOf } from "../report/text-layout.ts";

const STATED_WORDS: Readonly<Record<(typeof STATED)[number], string>> = {
  yes: "",
  assumed: "assumed",
  lookup: "looked up",
};

/** The lines of the page, at most `width` wide where words allow it. */
export function profilePage(profile: Profile, width: number): readonly string[] {
  const { id, title, product, from, to, aliases, caution, source, oddities, symmetric } = profile;
  const document = [source?.document, source?.section].filter((part) => part !== undefined).join(", ");
  return [
    title,
    "",
    ...hanging("  id        ", [id, ...aliases].join(", "), width),
    ...hanging("  product   ", product, width),
    ...hanging("  vector    ", `${from} -> ${to}${symmetric ? ", and back: run it from both ends" : ""}`, width),
    ...(document === "" ? [] : hanging("  source    ", `document ${document}`, width)),
    ...(caution === undefined ? [] : hanging("  caution   ", caution, width)),
    "",
    ...rowLines(profile, width),
    ...switchLines(profile, width),
    ...variableLines(profile, width),
    ...(oddities.length === 0 ? [] : ["", "  Oddities of the document"]),
    ...oddities.flatMap((text) => hanging("    - ", text, width)),
  ];
}

function rowLines({ rows, source, variables }: Profile, width: number): readonly string[] {
  const defaults = new Map(
    Object.entries(variables).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
  );
  const portsOf = (row: ProfileRow) => row.ports.map((word) => withDefaults(word, defaults)).join(", ");
  const columns = rows.map((row) => [portsOf(row), row.service, factsOf(row)] as const);
  const [first, second] = [0, 1].map((at) => Math.max(...columns.map((cells) => widthOf(cells[at]!))));
  const pad = (text: string, to: number) => text + " ".repeat(to - widthOf(text));
  return rows.flatMap((row, at) => {
    const [ports, service, facts] = columns[at]!;
    const indent = " ".repeat(first! + 4);
    return [
      ...hanging(`  ${pad(ports, first!)}  ${pad(service, second!)}  `, facts, width),
      ...remarksOf(row, source?.document).flatMap((text) => hanging(indent, text, width)),
    ];
  });
}

/** `udp/22800-32767` for `udp/$rtp-range`; a variable without a default stays. */
function withDefaults(word: string, defaults: ReadonlyMap<string, string>): string {
  const { transport, ports } = splitPortsWord(word);
  return `${transport}/${substitute(ports, defaults)}`;
}

/** `kerberos (realm: $realm, expects service, line 80)`. */
function factsOf(row: ProfileRow): string {
  const facts = [
    ...Object.entries(row.params).map(([name, value]) => `${name}: ${value}`),
    `expects ${row.expect}`,
    ...(row.tls === undefined ? [] : ["inside TLS"]),
    ...(row.required ? [] : ["not required"]),
    ...(row.group === undefined ? [] : [`one of ${row.group}`]),
    ...(row.stated === "yes" ? [] : [STATED_WORDS[row.stated]]),
    ...(row.line === undefined ? [] : [`line ${row.line}`]),
  ];
  return `${row.prober} (${facts.join(", ")})`;
}

function remarksOf(row: ProfileRow, document: string | undefined): readonly string[] {
  const { when, from, condition, note, cites = [] } = row;
  const places = cites.map(
    (place) => `${place.document === document ? "" : `document ${place.document}, `}line ${place.line}`,
  );
  return [
    ...(when.length === 0 ? [] : [`asked when ${when.join(" and ")}`]),
    ...(condition === undefined ? [] : [condition]),
    ...(from === undefined ? [] : [`from ${from.join(", ")}`]),
    ...(note === undefined ? [] : [note]),
    ...(places.length === 0 ? [] : [`also ${places.join("; ")}`]),
  ];
}

function switchLines({ switches }: Profile, width: number): readonly string[] {
  return Object.entries(switches).flatMap(([name, { default: on, about }], at) => [
    ...(at === 0 ? ["", "  Switches (--with NAME, --without NAME)"] : []),
    ...hanging(`    ${name} = ${on === undefined ? "(both sides asked)" : on ? "on" : "off"}: `, about, width),
  ]);
}

function variableLines({ variables }: Profile, width: number): readonly string[] {
  return Object.entries(variables).flatMap(([name, variable], at) => {
    const choices = variable.type === "text" && variable.choices ? ` (${variable.choices.join(" or ")})` : "";
    return [
      ...(at === 0 ? ["", "  Variables (--set NAME=VALUE)"] : []),
      ...hanging(`    ${name} = ${variable.default ?? "(no default)"}: `, `${variable.about}${choices}`, width),
    ];
  });
}
