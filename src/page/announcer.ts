/** What changed, for ears. */
import type { StatusDocument } from "../report/status-document.ts";
import { targetText } from "../report/targets.ts";
import { byId } from "./dom.ts";
import { endpointText, WORDS } from "./words.ts";

/** More would be read out for minutes. */
const CHANGES_TOLD = 3;

/** Tells the cells whose published outcome is another one now. */
export function announceChanges(before: StatusDocument, after: StatusDocument): void {
  const known = new Map(before.cells.map(({ key, outcome }) => [key, outcome]));
  const news = after.cells.filter(({ key, outcome }) => known.has(key) && known.get(key) !== outcome);
  if (news.length === 0) return;
  const told = news
    .slice(0, CHANGES_TOLD)
    .map(
      ({ outcome, result }) =>
        `${result.service} ${endpointText(result)} on ${targetText(result)}: now ${WORDS[outcome]}`,
    );
  const rest = news.length > CHANGES_TOLD ? [`and ${news.length - CHANGES_TOLD} more`] : [];
  byId("announcer").textContent = [...told, ...rest].join("; ");
}
