/** Beside the matrix: what does not pass and why, findings, and certificates by the days that they have left. */
import type { StatusCell, StatusDocument } from "../report/status-document.ts";
import { type Cause, causesOf } from "./causes.ts";
import { age, outcomeMark } from "./cell-view.ts";
import { certificatesOf, daysText, SOON_DAYS } from "./certificates.ts";
import { byId, type Child, fill, h } from "./dom.ts";
import { isPlan } from "./matrix.ts";
import { endpointText } from "./words.ts";

/** More is in the matrix. */
const CAUSES_SHOWN = 24;
const ROWS_SHOWN = 8;

/** Draws all of it. */
export function drawNotes(status: StatusDocument, now: number): void {
  drawCauses(status, now);
  fill(byId("notes"), ...findingParts(status), ...certificateParts(status.cells, now));
}

function drawCauses(status: StatusDocument, now: number): void {
  const { cells } = status;
  byId("causes").hidden = isPlan(status);
  const causes = causesOf(cells);
  const nothing = cells.some(({ outcome }) => outcome === "pass") ? "Nothing." : "Nothing was asked yet.";
  fill(
    byId("causes"),
    h("h2", { id: "causes-title" }, "What does not pass"),
    causes.length === 0 ? h("p", { class: "nothing" }, nothing) : undefined,
    h("ul", {}, ...causes.slice(0, CAUSES_SHOWN).map((cause) => causeItem(cause, now))),
    causes.length > CAUSES_SHOWN ? h("p", {}, `and ${causes.length - CAUSES_SHOWN} more in the matrix`) : undefined,
  );
}

function causeItem({ cells, target, text, since, wholeTarget }: Cause, now: number): HTMLElement {
  const rows = [
    ...new Map(cells.map((cell) => [`${endpointText(cell.result)} ${cell.result.service}`, cell])).values(),
  ];
  return h(
    "li",
    {},
    h(
      "p",
      { class: "cause-head" },
      outcomeMark(cells[0]!),
      h("b", {}, target.host),
      since === undefined ? undefined : h("span", { class: "since" }, "for ", age(since, now)),
    ),
    h(
      "p",
      { class: "cause-text" },
      target.address === null || target.address === target.host
        ? undefined
        : h("span", { class: "address" }, target.address),
      text,
    ),
    h(
      "p",
      { class: "cause-rows" },
      wholeTarget ? `every row (${rows.length}): ` : rows.length > 1 ? `${rows.length} rows: ` : undefined,
      ...rows.slice(0, ROWS_SHOWN).map(rowButton),
      rows.length > ROWS_SHOWN ? ` and ${rows.length - ROWS_SHOWN} more` : undefined,
    ),
  );
}

function rowButton({ key, result }: StatusCell): HTMLElement {
  return h(
    "button",
    { type: "button", class: "row-link", "data-cell": key, "aria-controls": "details" },
    h("code", {}, endpointText(result)),
    ` ${result.service}`,
  );
}

function findingParts({ findings, cells }: StatusDocument): readonly Child[] {
  if (findings.length === 0) return [];
  return [
    h(
      "section",
      { "aria-labelledby": "findings-title" },
      h("h2", { id: "findings-title" }, "Findings"),
      h(
        "ul",
        {},
        ...findings.map(({ check, host, text }) => {
          const about = cells.find(({ result }) => result.check === check && result.host === host);
          const row = about === undefined ? [] : [" ", rowButton(about)];
          return h("li", {}, h("p", {}, h("b", {}, host), " ", text), h("p", { class: "cause-rows" }, ...row));
        }),
      ),
    ),
  ];
}

function certificateParts(cells: readonly StatusCell[], now: number): readonly Child[] {
  const certificates = certificatesOf(cells, now);
  if (certificates.length === 0) return [];
  return [
    h(
      "section",
      { class: "certificates", "aria-labelledby": "certificates-title" },
      h("h2", { id: "certificates-title" }, "Certificates"),
      h(
        "ul",
        {},
        ...certificates.map(({ subject, days, notAfter, cells: shown }) =>
          h(
            "li",
            { class: days <= SOON_DAYS ? "soon" : "" },
            h(
              "p",
              { class: "cause-head" },
              h("b", { class: "days" }, daysText(days)),
              h("span", { class: "since" }, notAfter.slice(0, 10)),
            ),
            h("p", { class: "cause-text" }, subject),
            h("p", { class: "cause-rows" }, ...shown.slice(0, ROWS_SHOWN).map(rowButton)),
          ),
        ),
      ),
    ),
  ];
}
