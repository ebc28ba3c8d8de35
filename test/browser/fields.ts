/** How the cells of a page lie, measured in the page itself; in words that Chromium and Firefox both understand. */

export interface Fields {
  readonly cells: number;
  /** Those whose text does not fit into their field, and lies over the next one's. */
  readonly overfull: number;
  /** Those that leave a part of their row's height empty. */
  readonly loose: number;
  /** The document is wider than the window. */
  readonly sideways: boolean;
}

/** An expression that gives `Fields` as JSON. One pixel is what rounding may take. */
export const FIELDS = `JSON.stringify((() => {
  const cells = [...document.querySelectorAll(".grid table:not(details *) button.cell")];
  const { scrollWidth, clientWidth } = document.scrollingElement;
  return {
    cells: cells.length,
    overfull: cells.filter((cell) => cell.scrollHeight > cell.clientHeight + 1).length,
    loose: cells.filter((cell) => cell.parentElement.clientHeight > cell.offsetHeight + 1).length,
    sideways: scrollWidth > clientWidth,
  };
})())`;
