/** Everything that is known of one cell: what the owner of a firewall wants to read before believing it. */
import type { EvidenceValue } from "../model/evidence.ts";
import { formatCount } from "../model/ports.ts";
import type { Offender, RangeEntry, ResultEntry } from "../report/document.ts";
import type { StatusCell } from "../report/status-document.ts";
import { targetText } from "../report/targets.ts";
import { age, outcomeMark } from "./cell-view.ts";
import { certificateDays, daysText } from "./certificates.ts";
import { type Child, h } from "./dom.ts";
import { PICTURED } from "./port-picture.ts";
import { historyStrip, historyText, PORT_WORDS, portPicture } from "./strips.ts";
import { clockText, millisecondsText, tookText } from "./time.ts";
import { icmpText, senderText, uncountedText, verdictText, WORDS } from "./words.ts";

export const DETAILS_TITLE = "details-title";

type Fact = readonly [name: string, value: Child | readonly Child[]];

/** The parts of the panel. */
export function detailParts(cell: StatusCell, now: number): readonly Child[] {
  const { result } = cell;
  const { service, transport, ports, detail, warnings, range } = result;
  return [
    h(
      "h2",
      { id: DETAILS_TITLE, tabindex: -1 },
      outcomeMark(cell),
      " ",
      h("span", { class: "port" }, `${transport}/${ports}`),
      ` ${service}`,
    ),
    h(
      "p",
      { class: "target" },
      targetText(result),
      ...(result.source === null ? [] : [h("span", {}, `from ${result.source}`)]),
    ),
    h("p", { class: "detail" }, detail),
    remark(cell),
    ...warnings.map((warning) => h("p", { class: "warning" }, `Warning: ${warning}`)),
    ...offenderParts(result),
    ...(range === undefined ? [] : rangeParts(range, result)),
    ...historyParts(cell, now),
    ...section("How it was asked", facts(askedFacts(cell, now))),
    ...evidenceParts(cell, now),
  ];
}

/** Where what is published is not what the last run saw. */
function remark({ outcome, result, unsettled, flapping }: StatusCell): Child {
  const words = [
    ...(unsettled === true ? ["Not settled: this is the last vote, and not enough of them agree yet."] : []),
    ...(result.outcome === outcome
      ? []
      : [`The last run saw ${WORDS[result.outcome]}; ${WORDS[outcome]} stands until enough runs agree.`]),
    ...(flapping === true ? ["Flapping: it changes often."] : []),
  ];
  return words.length === 0 ? undefined : h("p", { class: "remark" }, words.join(" "));
}

function section(title: string, ...children: readonly Child[]): readonly Child[] {
  return [h("h3", {}, title), ...children];
}

function facts(all: readonly Fact[]): HTMLElement {
  return h(
    "dl",
    {},
    ...all
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, ...(Array.isArray(value) ? value : [value as Child]))),
      ),
  );
}

function offenderParts({ offender, address, range }: ResultEntry): readonly Child[] {
  if (offender === undefined || range?.offenders !== undefined) return [];
  return section("Who rejected it", offenderPart(offender, address));
}

function offenderPart(offender: Offender, asked: string | null, ports?: string): HTMLElement {
  return h(
    "p",
    { class: "offender" },
    h("code", {}, offender.address),
    ` (${senderText(offender.address, asked)})`,
    h("br"),
    icmpText(offender),
    ports === undefined ? undefined : `: ${portsText(ports)}`,
  );
}

/** A list of ports that is longer is cut in the middle of a sentence that says so. */
const SPANS_SHOWN = 60;

function portsText(ports: string): string {
  const spans = ports.split(",");
  if (spans.length <= SPANS_SHOWN) return spans.join(", ");
  return `${spans.slice(0, SPANS_SHOWN).join(", ")} and ${formatCount(spans.length - SPANS_SHOWN)} more spans`;
}

function rangeParts(range: RangeEntry, { ports, address }: ResultEntry): readonly Child[] {
  const count = `${formatCount(range.tested)} of ${formatCount(range.total)} ports asked`;
  const states = PICTURED.flatMap((state): readonly Fact[] => {
    const text = range.ports[state];
    if (text === undefined) return [];
    const name = [h("span", { class: `key ${state}` }), `${formatCount(range[state])} ${PORT_WORDS[state]}`];
    return [[name.at(-1) as string, [name[0], portsText(text)]]];
  });
  const unknown: readonly Fact[] = range.unknown > 0 ? [["unknown", formatCount(range.unknown)]] : [];
  return section(
    "The ports of the range",
    portPicture(range, ports),
    h("p", { class: "aside" }, count, range.confidence === undefined ? undefined : `; sample: ${range.confidence}`),
    facts([...states, ...unknown]),
    ...(range.offenders ?? []).map((offender) => offenderPart(offender, address, offender.ports)),
  );
}

/** Older stretches are in the strip alone. */
const STRETCHES_SHOWN = 12;

function historyParts({ history, since, lastPassAt }: StatusCell, now: number): readonly Child[] {
  if (history === undefined) return [];
  const clock = (at: string): string => clockText(Date.parse(at), now);
  const newest = [...history].reverse().slice(0, STRETCHES_SHOWN);
  return section(
    "Over time",
    history.length === 0 ? undefined : h("div", { class: "past" }, historyStrip(history)),
    h("p", { class: "aside" }, historyText(history)),
    facts([
      ["since", since === undefined ? undefined : [clock(since), " (", age(since, now), ")"]],
      [
        "last pass",
        lastPassAt === undefined ? "none on record" : [clock(lastPassAt), " (", age(lastPassAt, now), " ago)"],
      ],
    ]),
    h(
      "ol",
      { class: "stretches", "aria-label": "Votes, newest first" },
      ...newest.map(({ outcome, votes, from, to }) =>
        h(
          "li",
          {},
          h("span", { class: `word ${outcome}` }, WORDS[outcome]),
          ` ${votes === 1 ? clock(to) : `${clock(from)} to ${clock(to)}, ${votes} votes`}`,
        ),
      ),
    ),
  );
}

function askedFacts({ result, resultAt, schedule }: StatusCell, now: number): readonly Fact[] {
  const { attempts, firstTry, rttMs, durationMs, timeoutMs, seed, seenAs, via, serviceState, direction } = result;
  const asked = attempts > 0;
  return [
    [asked ? "seen" : "as of", [clockText(Date.parse(resultAt), now), " (", age(resultAt, now), " ago)"]],
    ["verdict", verdictText(result)],
    ["service", serviceState ?? undefined],
    ["expected", result.expect],
    ["counts", uncountedText(result) ?? "required"],
    ["prober", result.prober],
    ["direction", direction === "in" ? "in: the far end sends, we listen" : undefined],
    ["attempts", asked ? `${attempts}${firstTry ? ", the first try decided" : ""}` : undefined],
    ["reply after", rttMs === undefined ? undefined : millisecondsText(rttMs)],
    ["took", asked ? `${tookText(durationMs)}, time-out ${tookText(timeoutMs)}` : undefined],
    ["ICMP errors", asked && !result.errorQueue ? "senders could not be seen" : undefined],
    ["seen as", seenAs],
    ["announced by", via],
    ["schedule", schedule],
    ["document", seed === undefined ? undefined : `${seed.document} line ${seed.line}`],
    ["check", h("code", {}, result.check)],
  ];
}

function evidenceParts(cell: StatusCell, now: number): readonly Child[] {
  const days = certificateDays(cell, now);
  const certificate: readonly Fact[] = days === undefined ? [] : [["certificate", daysText(days)]];
  const read = Object.entries(cell.result.evidence).map(([name, value]): Fact => [inWords(name), textOf(value)]);
  return read.length === 0 ? [] : section("Evidence", facts([...certificate, ...read]));
}

function textOf(value: EvidenceValue): string {
  return Array.isArray(value) ? value.join(", ") : `${value}`;
}

/** `certificateNotAfter` as `certificate not after`; runs of capitals and digits stay. */
function inWords(name: string): string {
  return name.replace(/(?<=[a-z\d])[A-Z](?![A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}
