/**
 * Where the page begins. It stands in a file with its data beside it, and shows those; or the agent serves it, and it
 * follows the agent.
 */
import { safeStrings } from "../report/safe-text.ts";
import type { StatusDocument } from "../report/status-document.ts";
import { byId, fill, h } from "./dom.ts";
import { walkByKeys } from "./keyboard.ts";
import { follow } from "./live.ts";
import { isPlan } from "./matrix.ts";
import { createPage, type Page } from "./page.ts";
import { themeSwitch } from "./theme.ts";
import { ageText, clockText } from "./time.ts";

/** The element of a self-contained file that holds the status as JSON. */
const DATA = "status";
const TICK_MS = 1_000;

const now = (): number => Date.now();

function start(): void {
  themeSwitch(byId("theme"), document.documentElement);
  walkByKeys(byId("matrix"));
  byId("skip").addEventListener("click", (event) => {
    // The part of the address behind # keeps the filter.
    event.preventDefault();
    byId("matrix").focus();
  });
  const page = createPage(now);
  // What a peer said may hold characters that turn text around or hide: they are shown as escapes.
  const show = (status: StatusDocument): void => page.show(safeStrings(status));
  const data = document.getElementById(DATA);
  if (data === null) followAgent(page, show);
  else {
    const status: StatusDocument = JSON.parse(data.textContent ?? "");
    show(status);
    byId("live").textContent =
      `${isPlan(status) ? "Plan" : "Report"} of ${clockText(Date.parse(status.writtenAt), now())}`;
  }
  setInterval(() => page.tick(), TICK_MS);
}

/** Shows what the agent says, and when it says nothing, that and since when. */
function followAgent(page: Page, show: (status: StatusDocument) => void): void {
  let heardAt: number | undefined;
  let silence: string | undefined;
  let version: string | undefined;
  const tell = (): void => {
    const at = now();
    const word = silence === undefined ? "LIVE" : "STALE";
    const ago = heardAt === undefined ? "" : `heard ${ageText(at - heardAt)} ago`;
    fill(byId("live"), h("b", {}, heardAt === undefined && silence === undefined ? "connecting" : word), ` ${ago}`);
    byId("live").classList.toggle("is-stale", silence !== undefined);
  };
  const turn = (why: string | undefined): void => {
    if (why === silence) return;
    silence = why;
    const since = heardAt === undefined ? "" : ` What is shown was heard ${clockText(heardAt, now())}.`;
    fill(
      byId("silence"),
      why === undefined ? undefined : h("p", { class: "banner" }, h("strong", {}, "STALE"), ` ${why}.${since}`),
    );
    page.stale(why !== undefined);
  };
  follow(
    {
      status(status) {
        // A page on a wall stays open for months: another agent brings another page.
        version ??= status.tool.version;
        if (version !== status.tool.version) location.reload();
        heardAt = now();
        turn(undefined);
        show(status);
        tell();
      },
      lost(why) {
        turn(why);
        tell();
      },
    },
    now,
  );
  setInterval(tell, TICK_MS);
  tell();
}

start();
