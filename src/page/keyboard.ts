/** Walking the matrix by keys: a table is one stop of Tab, and the arrows go on from there. */

type Move = (at: Place) => readonly [row: number, column: number];

interface Place {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

const MOVES: Readonly<Record<string, Move>> = {
  ArrowUp: ({ row, column }) => [row - 1, column],
  ArrowDown: ({ row, column }) => [row + 1, column],
  ArrowLeft: ({ row, column }) => [row, column - 1],
  ArrowRight: ({ row, column }) => [row, column + 1],
  Home: ({ row }) => [row, 0],
  End: ({ row, columns }) => [row, columns - 1],
  PageUp: ({ column }) => [0, column],
  PageDown: ({ rows, column }) => [rows - 1, column],
};

/** Lets the arrows walk all tables below an element; what is hidden is stepped over, tables follow each other. */
export function walkByKeys(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const from = event.target;
    if (move === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!(from instanceof HTMLButtonElement) || !from.classList.contains("cell")) return;
    const to = neighbour(root, from, move);
    event.preventDefault();
    if (to === undefined) return;
    for (const button of to.closest("table")!.querySelectorAll<HTMLButtonElement>("button.cell")) button.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
}

function neighbour(root: HTMLElement, from: HTMLButtonElement, move: Move): HTMLButtonElement | undefined {
  const rows = [...root.querySelectorAll<HTMLElement>("tbody tr")]
    .filter((row) => row.checkVisibility())
    .map((row) => [...row.querySelectorAll<HTMLElement>(":scope > td:not([hidden])")])
    .map((cells) => cells.filter((cell) => cell.querySelector("button.cell, .none") !== null));
  const row = rows.findIndex((cells) => cells.some((cell) => cell.contains(from)));
  const column = rows[row]?.findIndex((cell) => cell.contains(from)) ?? -1;
  let place: Place = { row, column, rows: rows.length, columns: rows[row]?.length ?? 0 };
  // Where the row has no cell for a host the walk goes on in the same direction.
  for (let steps = 0; steps < rows.length + place.columns; steps++) {
    const [nextRow, nextColumn] = move(place);
    const cells = rows[nextRow];
    if (cells === undefined || nextColumn < 0 || nextColumn >= place.columns) return undefined;
    const button = cells[Math.min(nextColumn, cells.length - 1)]?.querySelector<HTMLButtonElement>("button.cell");
    if (button) return button;
    if (nextRow === place.row && nextColumn === place.column) return undefined;
    place = { ...place, row: nextRow, column: nextColumn };
  }
  return undefined;
}
