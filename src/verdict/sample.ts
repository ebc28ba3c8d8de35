/** The sentence that a sample proves: how many ports were asked, what they showed, and what that says of the others. */
import type { PortGroup } from "../model/observation.ts";
import { formatCount } from "../model/ports.ts";
import { atLeastPercent, atMostPercent, blockedShare, mostBlocked, type Share } from "./confidence.ts";
import { isDoubted } from "./state.ts";

/** A range of which ports were drawn: all that may be asked, ascending or not, and those that were drawn. */
export interface Sample {
  readonly ports: Uint16Array;
  /** Both ends, first and last, and one port out of each of many equal parts between them. */
  readonly drawn: Uint16Array;
  readonly groups: readonly PortGroup[];
  readonly errorQueue: boolean;
}

const SHOWN_BLOCKS = 3;

/** What a port shows about the way to it, in the order in which the sentence counts them. */
const SHOWN = ["blocked", "silent", "ended at once", "refused by an unseen sender", "not decided"] as const;
type Shown = "passes" | (typeof SHOWN)[number];

/**
 * `64 of 9,968 asked, none blocked: at most 4.8 % blocked at 95 %`. Ports that show neither a way nor a block count as
 * blocked for the bound, and the sentence says so. Undefined when a drawn port was not asked after all.
 */
export function statementOf(sample: Sample): string | undefined {
  const shownOf = shownByPort(sample);
  const { drawn, ports } = sample;
  if (drawn.some((port) => !shownOf.has(port))) return undefined;
  const counts = SHOWN.map((shown) => [shown, drawn.filter((port) => shownOf.get(port) === shown).length] as const);
  const found = counts.filter(([, count]) => count > 0).map(([shown, count]) => `${formatCount(count)} ${shown}`);
  const words = found.length === 0 ? "none blocked" : found.join(", ");
  const blocks = blocksOf(sample, shownOf);
  return `${formatCount(drawn.length)} of ${formatCount(ports.length)} asked, ${words}: ${boundOf(sample, shownOf)}${blocks}`;
}

function shownByPort({ groups, errorQueue }: Sample): ReadonlyMap<number, Shown> {
  return new Map(groups.flatMap((group) => group.ports.map((port) => [port, shownBy(group, errorQueue)] as const)));
}

function shownBy({ state, reason }: PortGroup, errorQueue: boolean): Shown {
  if (reason === "rst-after-accept") return "ended at once";
  if (isDoubted(state, errorQueue)) return "refused by an unseen sender";
  if (state === "open" || state === "closed") return "passes";
  if (state === "filtered") return "blocked";
  return state === "open|filtered" ? "silent" : "not decided";
}

/** What the drawn ports say of all: the ends are known, and only for those between them chance has a say. */
function boundOf(sample: Sample, shownOf: ReadonlyMap<number, Shown>): string {
  const { drawn } = sample;
  const all = [...drawn];
  const unproven = all.filter((port) => shownOf.get(port) !== "passes" && shownOf.get(port) !== "blocked").length;
  const blocked = all.filter((port) => shownOf.get(port) === "blocked").length;
  const passesNot = all.slice(1, -1).filter((port) => shownOf.get(port) !== "passes").length;
  if (unproven === 0 && blocked > 0) {
    const { least, most } = ofAllPorts(blockedShare(passesNot, drawn.length - 2), sample, shownOf);
    return `${atLeastPercent(least)} to ${atMostPercent(most)} blocked at 95 %`;
  }
  const { most } = ofAllPorts({ least: 0, most: mostBlocked(passesNot, drawn.length - 2) }, sample, shownOf);
  if (unproven === 0) return `at most ${atMostPercent(most)} blocked at 95 %`;
  if (most > HARDLY_LESS_THAN_ALL) return "how many are blocked stays open";
  return `at most ${atMostPercent(most)} blocked at 95 %, if all of these are blocked`;
}

const HARDLY_LESS_THAN_ALL = 0.95;

/**
 * The share of drawn ports as one of all ports. Parts differ by a port, and chance may have hidden what is blocked in
 * the longer ones; and what was asked is known, whatever chance says.
 */
function ofAllPorts({ least, most }: Share, { ports, drawn }: Sample, shownOf: ReadonlyMap<number, Shown>): Share {
  const total = ports.length;
  const parts = drawn.length - 2;
  const ends = [drawn[0]!, drawn.at(-1)!].filter((port) => shownOf.get(port) !== "passes").length;
  const seen = [...shownOf.values()];
  const [blocked, passing] = (["blocked", "passes"] as const).map((is) => seen.filter((shown) => shown === is).length);
  const shortest = Math.floor((total - 2) / parts);
  const longest = Math.ceil((total - 2) / parts);
  return {
    least: Math.max(blocked!, least * shortest * parts) / total,
    most: Math.min(total - passing!, most * longest * parts + ends) / total,
  };
}

/** Runs of asked neighbours that are blocked or silent, and whether the ports beside them were seen to pass. */
function blocksOf({ ports }: Sample, shownOf: ReadonlyMap<number, Shown>): string {
  const runs: { readonly shown: Shown; readonly first: number; last: number; asked: number }[] = [];
  let before: Shown | undefined;
  for (const [at, port] of ports.entries()) {
    const shown = shownOf.get(port);
    if (shown === undefined) continue;
    if (shown !== before) runs.push({ shown, first: at, last: at, asked: 0 });
    const run = runs.at(-1)!;
    run.last = at;
    run.asked++;
    before = shown;
  }
  const blocks = runs.filter(({ shown, asked }) => asked > 1 && (shown === "blocked" || shown === "silent"));
  const passes = (at: number) => shownOf.get(ports[at]!) === "passes";
  const isEdge = (at: number) => at < 0 || at >= ports.length || passes(at);
  const texts = blocks.slice(0, SHOWN_BLOCKS).map(({ shown, first, last }) => {
    const sharp = isEdge(first - 1) && isEdge(last + 1) && (passes(first - 1) || passes(last + 1));
    return `${ports[first]}-${ports[last]} ${shown}${sharp ? ", the ports beside it pass" : ""}`;
  });
  if (blocks.length > SHOWN_BLOCKS) texts.push(`${blocks.length - SHOWN_BLOCKS} more`);
  return texts.length === 0 ? "" : `; where asked: ${texts.join("; ")}`;
}
