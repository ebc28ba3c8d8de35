/**
 * Where the page begins. It stands in a file with its data beside it, and shows those; or the agent serves it, and it
 * follows the agent.
 */
import { safeStrings } from "../report/safe-text.ts";
import type { StatusDocument } from "../report/status-document.ts";
import { byId } from "./dom.ts";
import { walkByKeys } from "./keyboard.ts";
import { follow } from "./live.ts";
import { createPage } from "./page.ts";
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
    byId("live").textContent = `Report of ${clockText(Date.parse(status.writtenAt), now())}`;
  }
  setInterval(() => page.tick(), TICK_MS);
}

function followAgent(page: ReturnType<typeof createPage>, show: (status: StatusDocument) => void): void {
  const live = byId("live");
  let heardAt: number | undefined;
  let lostWhy: string | undefined = "not heard yet";
  const tell = (): void => {
    const stale = lostWhy !== undefined;
    const since =
      heardAt === undefined ? "" : `, last heard ${clockText(heardAt, now())} (${ageText(now() - heardAt)} ago)`;
    const word = stale ? "STALE" : "LIVE";
    live.replaceChildren(Object.assign(document.createElement("b"), { textContent: word }));
    live.append(stale ? ` ${lostWhy}${since}` : ` heard ${ageText(now() - (heardAt ?? now()))} ago`);
    live.classList.toggle("is-stale", stale);
  };
  follow(
    {
      status: show,
      heard() {
        heardAt = now();
        lostWhy = undefined;
        page.stale(false);
        tell();
      },
      lost(why) {
        lostWhy = why;
        page.stale(true);
        tell();
      },
    },
    now,
  );
  setInterval(tell, TICK_MS);
  tell();
}

start();
