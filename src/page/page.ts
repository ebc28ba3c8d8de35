/** The page as a whole: a document goes in, a place in it is kept in the address, and one cell may be open. */
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import { announceChanges } from "./announcer.ts";
import { detailsPanel } from "./details-panel.ts";
import { byId } from "./dom.ts";
import { type Place, readHash, writeHash } from "./filter.ts";
import { filterControls } from "./filter-controls.ts";
import { drawHead, drawRuns, drawTitle } from "./head-view.ts";
import { matrixView } from "./matrix-view.ts";
import { drawNotes } from "./notes-view.ts";
import { ageText } from "./time.ts";

export interface Page {
  show(status: StatusDocument): void;
  /** Whether what is shown is old, because nobody answers. */
  stale(stale: boolean): void;
  /** Lets every age on the page grow. */
  tick(): void;
}

/** Ready for documents. `now` gives milliseconds since 1970. */
export function createPage(now: () => number): Page {
  const matrix = matrixView(byId("matrix"));
  let status: StatusDocument | undefined;
  let place = readHash(location.hash);
  let isStale = false;

  const remember = (next: Partial<Place>): void => {
    place = { ...place, ...next };
    history.replaceState(null, "", writeHash(place) || location.pathname + location.search);
  };
  const panel = detailsPanel(() => close());
  const drawDetails = (): void => panel.draw(cellIn(status, place.cell), now());
  const close = (): void => {
    const { cell } = place;
    remember({ cell: undefined });
    drawDetails();
    panel.leave(cell);
  };
  const controls = filterControls((filter) => {
    remember({ filter });
    drawMatrix();
  });
  const drawMatrix = (): void => {
    if (status === undefined) return;
    const { shown, all } = matrix.update(status, place.filter, now());
    controls.set(place.filter, hostsOf(status), shown === all ? `${all} cells` : `${shown} of ${all} cells`);
  };
  listen({
    open(key, from) {
      remember({ cell: key });
      drawDetails();
      panel.enter(from);
    },
    close: () => (place.cell === undefined ? undefined : close()),
    moved() {
      place = readHash(location.hash);
      drawMatrix();
      drawDetails();
    },
  });
  return {
    show(next) {
      const before = status;
      status = next;
      const refocus = focusKeeper();
      drawHead(next, now());
      drawNotes(next, now());
      drawTitle(next, isStale);
      drawMatrix();
      if (differ(cellIn(before, place.cell), cellIn(next, place.cell))) drawDetails();
      refocus();
      if (before !== undefined) announceChanges(before, next);
    },
    stale(stale) {
      isStale = stale;
      document.body.classList.toggle("stale", stale);
      if (status !== undefined) drawTitle(status, stale);
    },
    tick() {
      growAges(now());
      if (status !== undefined) drawRuns(status, now());
    },
  };
}

function cellIn(status: StatusDocument | undefined, key: string | undefined): StatusCell | undefined {
  return key === undefined ? undefined : status?.cells.find((cell) => cell.key === key);
}

function differ(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function hostsOf(status: StatusDocument | undefined): readonly string[] {
  return [...new Set(status?.cells.map(({ result }) => result.host) ?? [])];
}

interface Wishes {
  open(key: string, from: HTMLElement): void;
  close(): void;
  /** The address leads to another place of the page. */
  moved(): void;
}

/** What the reader does, wherever on the page. */
function listen({ open, close, moved }: Wishes): void {
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = target.closest<HTMLElement>("button[data-cell]") ?? buttonOfRow(target);
    if (button !== null) open(button.dataset.cell!, button);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") close();
    if (event.key !== "/" || typing) return;
    event.preventDefault();
    byId("filter-text").focus();
  });
  addEventListener("hashchange", moved);
}

/** A row of a list has one cell: the whole of it opens it, unless its text is being selected. */
function buttonOfRow(target: Element): HTMLElement | null {
  if (getSelection()?.isCollapsed === false) return null;
  return target.closest(".list tbody tr")?.querySelector<HTMLElement>("button.cell") ?? null;
}

/** Remembers what has the focus; called afterwards it gives it to the button of the same cell that took its place. */
function focusKeeper(): () => void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused.dataset.cell === undefined) return () => undefined;
  const { cell } = focused.dataset;
  const kind = focused.classList.contains("cell") ? "button.cell" : "button.row-link";
  return () => {
    if (focused.isConnected) return;
    const same = [...document.querySelectorAll<HTMLElement>(kind)].find((button) => button.dataset.cell === cell);
    same?.focus();
  };
}

function growAges(now: number): void {
  for (const time of document.querySelectorAll<HTMLElement>("time[data-since]")) {
    const text = ageText(now - Date.parse(time.dataset.since!));
    if (time.textContent !== text) time.textContent = text;
  }
}
