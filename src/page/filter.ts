/** What of the matrix is shown, as the part of the address behind `#` keeps it: it can be sent to somebody. */
import type { StatusCell } from "../report/status-document.ts";
import { endpointText, isBad } from "./words.ts";

export interface Filter {
  /** Only what somebody should look at. */
  readonly failing: boolean;
  /** As asked; empty for all. */
  readonly host: string;
  /** Words that all must be found in a cell; empty for all. */
  readonly text: string;
}

export interface Place {
  readonly filter: Filter;
  /** The key of the cell whose details are open. */
  readonly cell: string | undefined;
}

export const EVERYTHING: Filter = { failing: false, host: "", text: "" };

/** Reads `#failing=1&host=dc01&text=kerberos&cell=...`; what it does not know is left out. */
export function readHash(hash: string): Place {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    filter: {
      failing: values.get("failing") === "1",
      host: values.get("host") ?? "",
      text: values.get("text") ?? "",
    },
    cell: values.get("cell") ?? undefined,
  };
}

/** The other way round: empty where nothing is left out. */
export function writeHash({ filter, cell }: Place): string {
  const values = new URLSearchParams({
    ...(filter.failing && { failing: "1" }),
    ...(filter.host !== "" && { host: filter.host }),
    ...(filter.text.trim() !== "" && { text: filter.text.trim() }),
    ...(cell !== undefined && { cell }),
  });
  const text = values.toString();
  return text === "" ? "" : `#${text}`;
}

/** Whether a cell is to be shown. */
export function matches({ failing, host, text }: Filter, cell: StatusCell): boolean {
  const { result } = cell;
  if (failing && !isBad(cell.outcome) && !isBad(result.outcome) && cell.flapping !== true) return false;
  if (host !== "" && result.host !== host) return false;
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  const { service, prober, profile, address, detail, state, reason, offender } = result;
  const said = [endpointText(result), service, prober, profile, result.host, address, detail, state, reason];
  const all = [...said, cell.outcome, offender?.address].join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}
