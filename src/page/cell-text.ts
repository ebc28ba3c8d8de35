/** One cell as text, to be pasted into a ticket: what the owner of a firewall needs, with times that hold anywhere. */
import type { StatusCell } from "../report/status-document.ts";
import { targetText } from "../report/targets.ts";
import { endpointText, icmpText, senderText, uncountedText, WORDS } from "./words.ts";

/** Several lines, each of them complete. */
export function cellText({ outcome, since, resultAt, result, flapping }: StatusCell): string {
  const { service, source, detail, offender, address, range, warnings, expect, profile, prober, seed } = result;
  const uncounted = uncountedText(result);
  const offenders = range?.offenders ?? (offender === undefined ? [] : [{ ...offender, ports: undefined }]);
  return [
    `${WORDS[outcome]} ${endpointText(result)} ${service}`,
    `${targetText(result)}${source === null ? "" : `, asked from ${source}`}`,
    detail,
    ...(result.outcome === outcome ? [] : [`the last run saw ${WORDS[result.outcome]}`]),
    ...(flapping === true ? ["it changes often"] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...offenders.map((one) => {
      const ports = one.ports === undefined ? "" : `: ${one.ports}`;
      return `${icmpText(one)}, sent by ${one.address} (${senderText(one.address, address)})${ports}`;
    }),
    `seen ${resultAt}${since === undefined ? "" : `, ${WORDS[outcome]} since ${since}`}`,
    `expected: ${expect}${uncounted === undefined ? "" : ` (${uncounted})`}; profile ${profile}, prober ${prober}` +
      (seed === undefined ? "" : `, document ${seed.document} line ${seed.line}`),
    "",
  ].join("\n");
}
