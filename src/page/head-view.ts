/** The top of the page: who asks, how many cells have which outcome, when the last runs were, and what is wrong with them. */
import type { StatusDocument, StatusRun } from "../report/status-document.ts";
import { durationText, plural } from "../report/text-layout.ts";
import { countsOf } from "./counts.ts";
import { byId, type Child, fill, h } from "./dom.ts";
import { isPlan } from "./matrix.ts";
import { clockText, tookText } from "./time.ts";
import { BY_URGENCY, isBad, WORDS } from "./words.ts";

/** A run that was due may be going on: it is called overdue after twice the time that the last one took, and this. */
const OVERDUE_MS = 10_000;

/** Draws all of it. */
export function drawHead(status: StatusDocument, now: number): void {
  fill(byId("host"), status.source.host);
  fill(byId("role"), status.source.role ?? "");
  drawBanners([...earlierBanner(status, now), ...status.runs.flatMap(bannerOf)]);
  document.body.classList.toggle("earlier", hasEarlier(status));
  fill(byId("counts"), ...countItems(status));
  drawRuns(status, now);
  fill(
    byId("foot"),
    `${status.tool.name} ${status.tool.version}, written ${clockText(Date.parse(status.writtenAt), now)}`,
  );
}

/** Draws the runs again, because time went on: one may be overdue. */
export function drawRuns({ runs }: StatusDocument, now: number): void {
  fill(byId("runs"), ...runs.map((run) => h("li", {}, ...runParts(run, now))));
}

/** Ears hear a banner each time that it is drawn: once is enough. */
function drawBanners(banners: readonly HTMLElement[]): void {
  const place = byId("banners");
  if (place.textContent !== banners.map(({ textContent }) => textContent).join("")) fill(place, ...banners);
}

function hasEarlier({ cells }: StatusDocument): boolean {
  return cells.some(({ earlier }) => earlier === true);
}

/** What an agent that has just started shows is from its history, and may be of yesterday. */
function earlierBanner({ cells }: StatusDocument, now: number): readonly HTMLElement[] {
  const times = cells.flatMap(({ earlier, resultAt }) => (earlier === true ? [Date.parse(resultAt)] : []));
  if (times.length === 0) return [];
  const newest = times.reduce((latest, time) => Math.max(latest, time), 0);
  const seen = `${plural(times.length, "cell")} as seen before, ${clockText(newest, now)} at the latest`;
  return [h("p", { class: "banner" }, h("strong", {}, "NOT ASKED YET"), ` since the agent started: ${seen}.`)];
}

/** A run that is no vote needs a word that nobody overlooks. */
function bannerOf({ status, offline, schedule }: StatusRun): readonly HTMLElement[] {
  if (status === "completed") return [];
  const [word, text] =
    status === "agent-offline"
      ? [
          "AGENT OFFLINE",
          `${offline ?? "this machine is cut off"}. The last run (${schedule}) is no vote: the cells show what was seen before.`,
        ]
      : ["INTERRUPTED", `The last run (${schedule}) ended early: a row without a result says nothing.`];
  return [h("p", { class: "banner" }, h("strong", {}, word), ` ${text}`)];
}

function countItems(status: StatusDocument): readonly HTMLElement[] {
  const { counted, uncounted } = countsOf(status.cells);
  return BY_URGENCY.flatMap((outcome) => {
    const count = counted.get(outcome) ?? 0;
    const apart = uncounted.get(outcome) ?? 0;
    // That nothing fails is worth saying; that nothing was skipped is not.
    if (count + apart === 0 && (outcome !== "fail" || isPlan(status))) return [];
    return [
      h(
        "li",
        { class: `${outcome}${count === 0 ? " zero" : ""}` },
        h("b", {}, `${count}`),
        h("span", {}, WORDS[outcome]),
        apart === 0 ? undefined : h("small", {}, `+ ${apart} not required`),
      ),
    ];
  });
}

function runParts(run: StatusRun, now: number): readonly Child[] {
  const { schedule, status, startedAt, durationMs, summary, nextAt, missed = 0 } = run;
  if (summary.estimate !== undefined) {
    const { packets, worstMs } = summary.estimate;
    return [
      h("b", {}, "plan"),
      ` nothing was sent; a run sends up to ${plural(packets, "packet")} in up to ${durationText(worstMs)}`,
    ];
  }
  return [
    h("b", {}, schedule),
    ` ${status} ${clockText(Date.parse(startedAt), now)}, took ${tookText(durationMs)}`,
    ...(nextAt === undefined ? [] : [", ", nextPart(nextAt, durationMs, now)]),
    missed === 0 ? undefined : `, ${plural(missed, "run")} missed`,
    summary.cause === undefined || nextAt !== undefined
      ? undefined
      : h("span", { class: "cause" }, `exit ${summary.exitCode}: ${summary.cause}`),
  ];
}

function nextPart(nextAt: string, lastTookMs: number, now: number): Child {
  const lateMs = now - Date.parse(nextAt);
  const clock = clockText(Date.parse(nextAt), now);
  if (lateMs > 2 * lastTookMs + OVERDUE_MS) return h("strong", {}, `OVERDUE since ${clock}`);
  return `${lateMs > 0 ? "due" : "next"} ${clock}`;
}

/** The title and the icon of the window, for who has it in the background. */
export function drawTitle(status: StatusDocument, isSilent: boolean): void {
  const stale = isSilent || hasEarlier(status);
  const { counted } = countsOf(status.cells);
  const worst = BY_URGENCY.find((outcome) => (counted.get(outcome) ?? 0) > 0);
  const count = worst !== undefined && isBad(worst) ? `${counted.get(worst)} ` : "";
  const word = stale ? "STALE" : worst === undefined ? "" : `${count}${WORDS[worst]}`;
  document.title = `${word === "" ? "" : `${word} · `}${status.source.host} · unity-probe`;
  byId("icon").setAttribute("href", iconOf(stale ? undefined : worst));
}

const CROSS = "M9 9l14 14M23 9L9 23";
const TICK = "M8 17l6 6L24 9";
const BAR = "M8 16h16";

/** A tick, a cross or a bar: the shape tells it apart, not the colour alone. */
function iconOf(worst: (typeof BY_URGENCY)[number] | undefined): string {
  const [color, path] = worst === "pass" ? ["#2f6b45", TICK] : worst === "fail" ? ["#b42318", CROSS] : ["#8a6100", BAR];
  const shape = `<rect width="32" height="32" rx="5" fill="${color}"/><path d="${path}" stroke="#fff" stroke-width="4" fill="none"/>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shape}</svg>`)}`;
}
