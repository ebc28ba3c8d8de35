/** The controls that choose what of the matrix is shown. */
import { byId, fill, h } from "./dom.ts";
import type { Filter } from "./filter.ts";

export interface FilterControls {
  /** `shown`: how much the filter lets through, in words. */
  set(filter: Filter, hosts: readonly string[], shown: string): void;
}

/** Calls `change` with each new filter; `set` shows one that came from elsewhere, and the hosts that there are. */
export function filterControls(change: (filter: Filter) => void): FilterControls {
  const failing = byId("failing") as HTMLInputElement;
  const host = byId("filter-host") as HTMLSelectElement;
  const text = byId("filter-text") as HTMLInputElement;
  const read = (): Filter => ({ failing: failing.checked, host: host.value, text: text.value });
  for (const control of [failing, host, text]) control.addEventListener("input", () => change(read()));
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  return {
    set(filter, hosts, shown) {
      byId("shown").textContent = shown;
      failing.checked = filter.failing;
      if (document.activeElement !== text) text.value = filter.text;
      const wanted = [...new Set([...hosts, ...(filter.host === "" ? [] : [filter.host])])];
      if (
        [...host.options]
          .slice(1)
          .map(({ value }) => value)
          .join("\n") !== wanted.join("\n")
      ) {
        fill(host, h("option", { value: "" }, "all"), ...wanted.map((name) => h("option", { value: name }, name)));
      }
      host.value = filter.host;
    },
  };
}
