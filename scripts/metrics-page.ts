/** docs/metrics.md: every metric that the agent can give, printed from the table that it writes them by. */
import {
  AGENT_FAMILIES,
  CELL_FAMILIES,
  CELL_LABELS,
  type Family,
  HOST_FAMILIES,
  PROBE_FAMILIES,
  PROCESS_METRICS,
} from "../src/agent/metric-families.ts";

/** The text of the page. */
export function metricsPage(): string {
  return `# Metrics

Made by \`npm run docs\` from \`src/agent/metric-families.ts\`.

The agent gives them in Prometheus' text format, at \`/metrics\` and \`/probe\`. Times are seconds since 1970, durations
seconds. Labels are bounded by the configuration: its hosts, their addresses, the rows of its profiles, and closed lists
of words. Nothing that a reply says becomes a label, and the ports of a range are counts. Scrape configuration, alert
rules and a dashboard are in [examples/prometheus](../examples/prometheus) and [examples/grafana](../examples/grafana).

## Rows of the matrix

At \`/metrics\` as the agent publishes them, at \`/probe\` those of that one run. Labels of all: ${words(CELL_LABELS)}. Leads
and canaries have no series, because their ports change.

${table(Object.values(CELL_FAMILIES), CELL_LABELS)}

\`unity_probe_check_success\` has no sample where the outcome is neither a pass nor a fail: an alert on \`== 0\` means that
something was seen to fail. What could not be told is in \`unity_probe_check_outcome\`, and what happened in the last run
alone, before the damping, in \`unity_probe_check_raw_outcome\`. A row that is not due yet keeps its result:
\`time() - unity_probe_check_result_timestamp_seconds\` is its age.

After a restart the agent knows its history and has seen nothing: until a run of a schedule was completed its rows have
\`unity_probe_check_info\`, \`unity_probe_check_result_timestamp_seconds\` and \`unity_probe_check_last_pass_timestamp_seconds\`,
and no other series, so that no graph shows as of today what was so before.

## Hosts

${table(Object.values(HOST_FAMILIES))}

## Schedules and the agent itself

${table(Object.values(AGENT_FAMILIES))}

The metrics of Node.js and of the process come from prom-client, as far as they keep Prometheus' rules for names, and on
other systems than Linux only some of them:
${words(PROCESS_METRICS)}.

## /probe

\`/probe?target=HOST&module=PROFILE\` runs one profile against one host now and answers 200, whatever it saw. It takes only
hosts and profiles that the configuration names, wants the token where there is one, shares the limits of all runs, and
ends half a second before \`X-Prometheus-Scrape-Timeout-Seconds\`. Who asks for a pair that is being probed gets the same
answer. With \`&debug=true\` it is text: the report in words, as \`run\` prints it, then the metrics. Beside the rows:

${table(Object.values(PROBE_FAMILIES))}

\`probe_success\` must be 0 or 1, so 0 also stands for what could not be told; \`unity_probe_probe_checks\` has the
difference. A row that may not be asked again so soon, or that a schedule wants to ask before it may be asked twice, counts
as a schedule or a probe saw it last, within the last hour. Of blackbox_exporter's other metrics none is given: what a profile asks has no single
HTTP status, DNS answer or address.
`;
}

function table(families: readonly Family[], without: readonly string[] = []): string {
  const rows = families.map(({ name, type, help, labels }) => {
    const own = labels.filter((label) => !without.includes(label));
    return `| \`${name}\` | ${type} | ${words(own)} | ${help} |`;
  });
  return ["| metric | type | labels | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function words(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
