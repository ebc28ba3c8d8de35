/** The panel with the details of one cell: opened from a button, which gets the focus back when it closes. */
import type { StatusCell } from "../report/status-document.ts";
import { cellText } from "./cell-text.ts";
import { DETAILS_TITLE, detailParts } from "./details-view.ts";
import { byId, fill, h } from "./dom.ts";

export interface DetailsPanel {
  /** Shows a cell, or nothing; the focus stays where it is, or on what takes its place. */
  draw(cell: StatusCell | undefined, now: number): void;
  /** Moves the focus into the panel, and remembers where it came from. */
  enter(from: HTMLElement): void;
  /** Gives the focus back; where its old place is gone, to the cell in the matrix. */
  leave(key: string | undefined): void;
}

/** `close` is called when the reader closes the panel. */
export function detailsPanel(close: () => void): DetailsPanel {
  const panel = byId("details");
  let openedFrom: HTMLElement | undefined;
  return {
    draw(cell, now) {
      const focused = panel.contains(document.activeElement);
      const { scrollTop } = panel;
      panel.hidden = cell === undefined;
      for (const button of document.querySelectorAll<HTMLElement>("button.cell")) {
        button.setAttribute("aria-expanded", `${cell !== undefined && button.dataset.cell === cell.key}`);
      }
      if (cell === undefined) return;
      const tools = h("p", { class: "tools" }, copyButton(cell), button("Close", close));
      const [head, ...rest] = detailParts(cell, now);
      fill(panel, head, tools, ...rest);
      panel.scrollTop = scrollTop;
      if (focused) title()?.focus();
    },
    enter(from) {
      openedFrom = from;
      panel.scrollTop = 0;
      title()?.focus();
    },
    leave(key) {
      const back = openedFrom?.isConnected === true ? openedFrom : cellButtonOf(key);
      back?.focus();
    },
  };
}

function button(word: string, act: () => void): HTMLButtonElement {
  const made = h("button", { type: "button" }, word);
  made.addEventListener("click", act);
  return made;
}

/** Copies the cell as text; absent where the browser lets no page do that, as over plain HTTP from elsewhere. */
function copyButton(cell: StatusCell): HTMLElement | undefined {
  // The types promise it, older browsers and plain HTTP do not.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return undefined;
  const copy = button("Copy", () => {
    clipboard.writeText(cellText(cell)).then(
      () => fill(copy, "Copied"),
      () => fill(copy, "Not allowed"),
    );
  });
  return copy;
}

function title(): HTMLElement | null {
  return document.getElementById(DETAILS_TITLE);
}

/** The button of a cell in the matrix. */
function cellButtonOf(key: string | undefined): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>("button.cell")].find((button) => button.dataset.cell === key);
}
