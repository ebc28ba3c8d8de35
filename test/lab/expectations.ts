/**
 * What the rules demand of each row under each fault, written down by hand from the outcome table and rules 1 to 4 of
 * the design, for a machine that cannot read the ICMP error queue. Nothing here is computed by the product: a cell is
 * the four words state, reason, serviceState and outcome, and for a range the ports of each state.
 */
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import type { Fault, Match } from "./firewall.ts";

/** What a row meets: a fault of the router's, or one of these. */
export type Condition =
  | Fault
  /** The real server answers, or for a range the domain controller's own stack. */
  | "well"
  /** The router finds nobody at the address. */
  | "host-unreachable"
  /** Our own machine knows no way there. */
  | "no-route"
  /** The name has no address. */
  | "no-name";

type Kind = keyof typeof CELLS;

export interface LabRow {
  readonly check: string;
  readonly kind: Kind;
  readonly match: Match;
  readonly required: boolean;
}

export const LDAP: LabRow = { check: "ldap/tcp/389", kind: "tcpService", match: "tcp dport 389", required: true };
export const NTP: LabRow = { check: "ntp/udp/123", kind: "udpService", match: "udp dport 123", required: true };
export const EPM: LabRow = {
  check: "winrpc-endpoint-locator/tcp/135",
  kind: "tcpService",
  match: "tcp dport 135",
  required: true,
};
export const NETBIOS: LabRow = {
  check: "netbios-datagram/udp/138",
  kind: "udpNeverAnswers",
  match: "udp dport 138",
  required: false,
};
export const DCOM_TCP: LabRow = {
  check: "dcom-rpc/tcp/5000-5020",
  kind: "tcpRange",
  match: "tcp dport 5000-5020",
  required: true,
};
export const DCOM_UDP: LabRow = {
  check: "dcom-rpc/udp/5000-5020",
  kind: "udpRange",
  match: "udp dport 5000-5020",
  required: true,
};
export const ROWS: readonly LabRow[] = [LDAP, NTP, EPM, NETBIOS, DCOM_TCP, DCOM_UDP];

const NO_ROUTE_CELL = "unknown no-route unchecked error";
const NO_NAME_CELL = "unknown name-not-found unchecked error";

/** Rows of the profile by what they are; the reasons behind the less obvious cells stand beside them. */
const CELLS = {
  tcpService: {
    well: "open protocol-reply confirmed pass",
    dropped: "filtered no-response unchecked fail",
    reset: "closed conn-refused unchecked fail",
    "admin-prohibited": "filtered unreachable unchecked fail",
    // Rule 3: without the error queue this ICMP error and a reset are one and the same ECONNREFUSED.
    "port-unreachable": "closed conn-refused unchecked fail",
    "net-unreachable": "filtered unreachable unchecked fail",
    "host-unreachable": "filtered unreachable unchecked fail",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
  },
  /** NTP must answer what it was asked, so its silence fails. */
  udpService: {
    well: "open protocol-reply confirmed pass",
    dropped: "open|filtered no-response silent fail",
    reset: "open protocol-reply confirmed pass",
    "admin-prohibited": "filtered unreachable unchecked fail",
    "port-unreachable": "closed port-unreach unchecked fail",
    // Linux tells a UDP socket of these two only through the error queue.
    "net-unreachable": "open|filtered no-response silent fail",
    "host-unreachable": "open|filtered no-response silent fail",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
  },
  /** A NetBIOS datagram is never answered (RFC 1002 section 4.4): well and dropped look the same. */
  udpNeverAnswers: {
    well: "open|filtered no-response silent inconclusive",
    dropped: "open|filtered no-response silent inconclusive",
    reset: "open|filtered no-response silent inconclusive",
    "admin-prohibited": "filtered unreachable unchecked fail",
    "port-unreachable": "closed port-unreach unchecked fail",
    "net-unreachable": "open|filtered no-response silent inconclusive",
    "host-unreachable": "open|filtered no-response silent inconclusive",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
  },
  /** Expects a path. Rule 3 doubts every refusal, so neither does one pass nor does it make a silence next to it fail. */
  tcpRange: {
    well: "mixed conn-refused unchecked inconclusive open=5000-5002 closed=5003-5020",
    dropped: "filtered no-response unchecked inconclusive filtered=5000-5020",
    reset: "closed conn-refused unchecked inconclusive closed=5000-5020",
    "admin-prohibited": "filtered unreachable unchecked fail filtered=5000-5020",
    "port-unreachable": "closed conn-refused unchecked inconclusive closed=5000-5020",
    "net-unreachable": "filtered unreachable unchecked fail filtered=5000-5020",
    "host-unreachable": "filtered unreachable unchecked fail filtered=5000-5020",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
  },
  udpRange: {
    well: "closed port-unreach unchecked inconclusive closed=5000-5020",
    dropped: "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    reset: "closed port-unreach unchecked inconclusive closed=5000-5020",
    "admin-prohibited": "filtered unreachable unchecked fail filtered=5000-5020",
    "port-unreachable": "closed port-unreach unchecked inconclusive closed=5000-5020",
    "net-unreachable": "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    "host-unreachable": "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
  },
} as const satisfies Record<string, Record<Condition, string>>;

/** What this domain controller's endpoint mapper announces: itself, and three ports of the range. */
const LEADS = [
  { port: 135, row: EPM },
  { port: 5000, row: DCOM_TCP },
  { port: 5001, row: DCOM_TCP },
  { port: 5002, row: DCOM_TCP },
] as const;

/** Cells by `<address> <check>`; leads by the row that announced them and their port. */
export type Matrix = Readonly<Record<string, string>>;

/** What the profile must show for one address when each row meets the condition that `conditionOf` names. */
export function expectedMatrix(address: string | null, conditionOf: (row: LabRow) => Condition): Matrix {
  const rows = ROWS.map((row) => [`${address} ${row.check}`, CELLS[row.kind][conditionOf(row)]] as const);
  const announced = conditionOf(EPM) === "well" ? LEADS : [];
  // A lead is a TCP service: what it announces is asked in the protocol.
  const leads = announced.map(
    ({ port, row }) => [`${address} ${EPM.check} > tcp/${port}`, CELLS.tcpService[conditionOf(row)]] as const,
  );
  return Object.fromEntries([...rows, ...leads]);
}

/** Every row meets the same; rows of `but` meet what they say. */
export function allRows(
  condition: Condition,
  but: ReadonlyMap<LabRow, Condition> = new Map(),
): (row: LabRow) => Condition {
  return (row) => but.get(row) ?? condition;
}

/**
 * The exit code that a matrix of one or several addresses must give: 1 when a required row fails, or any row that an
 * ICMP error proves filtered; else 3 when a required row is undecided; else 0. Leads move nothing.
 */
export function expectedExitCode(matrix: Matrix): 0 | 1 | 3 {
  const cells = Object.entries(matrix)
    .filter(([key]) => !key.includes(" > "))
    .map(([key, cell]) => ({ row: ROWS.find(({ check }) => key.endsWith(check))!, words: cell.split(" ") }));
  const counted = cells.filter(({ row, words }) => row.required || (words[0] === "filtered" && words[3] === "fail"));
  const outcomes = counted.map(({ words }) => words[3]);
  if (outcomes.includes("fail")) return 1;
  return outcomes.every((outcome) => outcome === "pass") ? 0 : 3;
}

/**
 * What a run showed, in the words of the expectations. Canaries are no rows. Of the leads to one port, one for each
 * interface that lives there, every differing cell is shown.
 */
export function seenMatrix(document: ReportDocument): Matrix {
  const cells = new Map<string, Set<string>>();
  for (const result of document.results.filter(({ canary }) => canary !== true)) {
    const key = keyOf(result);
    cells.set(key, new Set([...(cells.get(key) ?? []), cellOf(result)]));
  }
  return Object.fromEntries([...cells].map(([key, seen]) => [key, [...seen].join(" and ")]));
}

function keyOf({ address, check, via, transport, ports }: ResultEntry): string {
  return via === undefined ? `${address} ${check}` : `${address} ${via} > ${transport}/${ports}`;
}

function cellOf({ state, reason, serviceState, outcome, range }: ResultEntry): string {
  const { open, filtered, closed, openFiltered } = range?.ports ?? {};
  const ports = Object.entries({ open, closed, filtered, "open|filtered": openFiltered })
    .filter(([, listed]) => listed !== undefined)
    .map(([name, listed]) => `${name}=${listed}`);
  return [state, reason, serviceState, outcome, ...ports].join(" ");
}
