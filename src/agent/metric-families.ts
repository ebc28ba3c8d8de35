/**
 * Every metric that the agent can give: the one list from which /metrics, /probe and docs/metrics.md are made. Units are
 * Prometheus' base units; labels are bounded by the configuration: hosts, rows of profiles, closed lists of words. What
 * a reply could invent is never a label, and the ports of a range are counts.
 */

export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** One sentence without a line break. */
  readonly help: string;
  readonly labels: readonly string[];
}

type GaugeFamily = Family & { readonly type: "gauge" };
type CounterFamily = Family & { readonly type: "counter" };

/** What makes a cell of the matrix the same in every run. Canaries and leads have none: their ports change. */
export const CELL_LABELS = ["profile", "host", "ip", "check", "direction"] as const;

const gauge = (name: string, help: string, labels: readonly string[] = []): GaugeFamily => ({
  name,
  type: "gauge",
  help,
  labels,
});

const counter = (name: string, help: string, labels: readonly string[] = []): CounterFamily => ({
  name,
  type: "counter",
  help,
  labels,
});

const ofCell = (name: string, help: string, ...more: readonly string[]): Family =>
  gauge(`unity_probe_check_${name}`, help, [...CELL_LABELS, ...more]);

/** One series for each row and address; on /probe the same of that one run. */
export const CELL_FAMILIES = {
  info: ofCell(
    "info",
    "Always 1; what the row asks, for joins.",
    "role",
    "service",
    "transport",
    "port",
    "protocol",
    "expect",
    "required",
  ),
  success: ofCell(
    "success",
    "The published outcome: 1 pass, 0 fail; no sample while it is neither, or not yet settled.",
  ),
  outcome: ofCell("outcome", "Always 1; the published outcome, after damping, is the label.", "outcome"),
  rawOutcome: ofCell("raw_outcome", "Always 1; the outcome of the last result by itself is the label.", "outcome"),
  state: ofCell(
    "state",
    "Always 1; what the last result learned of the port, and why, are the labels.",
    "state",
    "reason",
  ),
  duration: ofCell("duration_seconds", "How long the last result took, resends and waiting included."),
  rtt: ofCell("rtt_seconds", "Time to the reply, where one came."),
  attempts: ofCell("attempts", "Transactions or connections that the last result took."),
  resultAt: ofCell("result_timestamp_seconds", "When the last result was seen; a row not yet due keeps an older one."),
  since: ofCell("outcome_since_timestamp_seconds", "When the published outcome began."),
  lastPass: ofCell("last_pass_timestamp_seconds", "When the row passed last; no sample where it never did."),
  flapping: ofCell("flapping", "1 while the outcome changes too often to be believed, else 0."),
  certificate: gauge(
    "unity_probe_cert_not_after_timestamp_seconds",
    "When the certificate that the service showed ends; no sample where none was read.",
    CELL_LABELS,
  ),
  rangePorts: gauge("unity_probe_range_ports", "How many ports a range has.", CELL_LABELS),
  rangeTested: gauge("unity_probe_range_ports_tested", "How many ports of a range were asked.", CELL_LABELS),
  rangeSeen: gauge("unity_probe_range_ports_seen", "How many ports of a range were seen in a state.", [
    ...CELL_LABELS,
    "state",
  ]),
} as const satisfies Record<string, Family>;

/** Over all cells of a host. */
export const HOST_FAMILIES = {
  checks: gauge("unity_probe_host_checks", "Rows of a host by published outcome.", ["profile", "host", "outcome"]),
} as const satisfies Record<string, Family>;

/** Schedules, and the agent itself. */
export const AGENT_FAMILIES = {
  build: gauge("unity_probe_build_info", "Always 1; the version is the label.", ["version"]),
  runSuccess: gauge(
    "unity_probe_run_success",
    "The last run by itself: 1 when every required row passed, 0 when not; no sample where it was cut off or interrupted.",
    ["schedule"],
  ),
  runStatus: gauge("unity_probe_run_status", "Always 1; how the last run ended is the label.", ["schedule", "status"]),
  runDuration: gauge("unity_probe_run_duration_seconds", "How long the last run took.", ["schedule"]),
  runLast: gauge("unity_probe_run_last_timestamp_seconds", "When the last run began.", ["schedule"]),
  runCompleted: gauge(
    "unity_probe_run_last_completed_timestamp_seconds",
    "When the last run began that was neither cut off nor interrupted.",
    ["schedule"],
  ),
  runChecks: gauge(
    "unity_probe_run_checks",
    "Required rows of the last run by its own outcomes; a group counts once.",
    ["schedule", "outcome"],
  ),
  runs: counter("unity_probe_runs_total", "Runs since the agent started.", ["schedule", "status"]),
  missed: counter("unity_probe_runs_missed_total", "Runs left out, because the one before was still going on.", [
    "schedule",
  ]),
  transitions: counter("unity_probe_transitions_total", "Changes of a published outcome.", ["schedule", "outcome"]),
  historyErrors: counter("unity_probe_history_errors_total", "Runs that could not be written to the history."),
  alerts: counter("unity_probe_alerts_total", "Alarm messages by what became of them.", ["result"]),
  reloads: counter("unity_probe_config_reloads_total", "Reloads of the configuration.", ["result"]),
  reloadGood: gauge("unity_probe_config_last_reload_successful", "1 when the file as it is now is in force, else 0."),
  requests: counter("unity_probe_http_requests_total", "Requests answered by this server.", ["route", "code"]),
  eventClients: gauge("unity_probe_http_event_clients", "Browsers that listen to events now."),
} as const satisfies Record<string, Family>;

/** What /probe says of one run, under the names that dashboards of blackbox_exporter use. */
export const PROBE_FAMILIES = {
  success: gauge("probe_success", "1 when every required row passed, else 0."),
  duration: gauge("probe_duration_seconds", "How long the probe took."),
  timeout: gauge("probe_timeout_seconds", "How long it was allowed to take."),
  lookup: gauge(
    "probe_dns_lookup_time_seconds",
    "How long the target's name was looked up; no sample where it is an address.",
  ),
  ipProtocol: gauge("probe_ip_protocol", "4 or 6; no sample where no address or both families were asked."),
  earliestExpiry: gauge(
    "probe_ssl_earliest_cert_expiry",
    "When the first of the certificates that the services showed ends, in Unix time; no sample where none was read.",
  ),
  tlsVersion: gauge("probe_tls_version_info", "Always 1; a version of TLS that was spoken is the label.", ["version"]),
  tlsCipher: gauge("probe_tls_cipher_info", "Always 1; a cipher suite that was agreed on is the label.", ["cipher"]),
  checks: gauge("unity_probe_probe_checks", "Required rows of this probe by outcome; a group counts once.", [
    "outcome",
  ]),
  complete: gauge("unity_probe_probe_complete", "1 when the run ended within its time, else 0."),
} as const satisfies Record<string, Family>;

/** Node's own state, as prom-client measures it: those of its metrics that keep Prometheus' naming rules. */
export const PROCESS_METRICS = [
  "process_cpu_seconds_total",
  "process_cpu_system_seconds_total",
  "process_cpu_user_seconds_total",
  "process_max_fds",
  "process_open_fds",
  "process_resident_memory_bytes",
  "process_start_time_seconds",
  "nodejs_eventloop_lag_seconds",
  "nodejs_eventloop_lag_p50_seconds",
  "nodejs_eventloop_lag_p90_seconds",
  "nodejs_eventloop_lag_p99_seconds",
  "nodejs_eventloop_lag_max_seconds",
  "nodejs_heap_size_used_bytes",
  "nodejs_heap_size_total_bytes",
  "nodejs_external_memory_bytes",
  "nodejs_version_info",
] as const;
