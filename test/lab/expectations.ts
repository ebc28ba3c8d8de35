/**
 * What the rules demand of each row under each condition, written down by hand from the outcome table and rules 1 to 6
 * of the design, for a machine that cannot read the ICMP error queue. Nothing here is computed by the product: a cell
 * is the four words state, reason, serviceState and outcome, and for a range the ports of each state.
 */
import type { Fault } from "./firewall.ts";
import { DCOM_TCP, EPM, type Kind, type LabRow, ROWS } from "./rows.ts";

/** What a row meets: a fault of the router's, or one of these. */
export type Condition =
  | Fault
  /** The real server answers, or for a range the domain controller's own stack. */
  | "well"
  /** A listener accepts and never says a word. */
  | "silent"
  /** A listener accepts and closes, or resets, the connection at once. */
  | "hung-up"
  /** A server answers, in another protocol. */
  | "foreign"
  /** Something accepts every port and is silent, so the canaries accept too. */
  | "accepts-all"
  /** The router finds nobody at the address. */
  | "host-unreachable"
  /** Our own machine knows no way there. */
  | "no-route"
  /** The name has no address. */
  | "no-name"
  /** The user left the row out; or the address's family has no route here, but another address of the name has one. */
  | "left-out";

const NO_ROUTE_CELL = "unknown no-route unchecked error";
const NO_NAME_CELL = "unknown name-not-found unchecked error";
const LEFT_OUT_CELL = "null null null skipped";

type Cells = Readonly<Record<Condition, string>>;

const TCP_SERVICE: Cells = {
  well: "open protocol-reply confirmed pass",
  dropped: "filtered no-response unchecked fail",
  reset: "closed conn-refused unchecked fail",
  "admin-prohibited": "filtered unreachable unchecked fail",
  // Rule 3: without the error queue this ICMP error and a reset are one and the same ECONNREFUSED.
  "port-unreachable": "closed conn-refused unchecked fail",
  "net-unreachable": "filtered unreachable unchecked fail",
  "host-unreachable": "filtered unreachable unchecked fail",
  // Every TCP service of this profile must answer what it was asked.
  silent: "open no-response silent fail",
  "hung-up": "open rst-after-accept silent fail",
  foreign: "open mismatch mismatch fail",
  "accepts-all": "open accept-unreliable silent fail",
  "no-route": NO_ROUTE_CELL,
  "no-name": NO_NAME_CELL,
  "left-out": LEFT_OUT_CELL,
};

/** What only a TCP listener can do. */
type OfListeners = "reset" | "silent" | "hung-up" | "foreign" | "accepts-all";
type UdpCells = Readonly<Record<Exclude<Condition, OfListeners>, string>>;

/** Each of these must answer what it was asked, so its silence fails. */
const UDP_SERVICE: UdpCells = {
  well: "open protocol-reply confirmed pass",
  dropped: "open|filtered no-response silent fail",
  "admin-prohibited": "filtered unreachable unchecked fail",
  "port-unreachable": "closed port-unreach unchecked fail",
  // Linux tells a UDP socket of these two only through the error queue.
  "net-unreachable": "open|filtered no-response silent fail",
  "host-unreachable": "open|filtered no-response silent fail",
  "no-route": NO_ROUTE_CELL,
  "no-name": NO_NAME_CELL,
  "left-out": LEFT_OUT_CELL,
};

/** Rule 4: a refusal in the protocol proves the service. */
const REFUSED = "open service-refusal refused pass";

/** Rows of the profile by what they are; the reasons behind the less obvious cells stand beside them. */
const CELLS = {
  tcpService: TCP_SERVICE,
  tcpRefusal: { ...TCP_SERVICE, well: REFUSED },
  udpService: UDP_SERVICE,
  udpRefusal: { ...UDP_SERVICE, well: REFUSED },
  /** A NetBIOS datagram is never answered (RFC 1002 section 4.4): well and dropped look the same. */
  udpNeverAnswers: {
    well: "open|filtered no-response silent inconclusive",
    dropped: "open|filtered no-response silent inconclusive",
    "admin-prohibited": "filtered unreachable unchecked fail",
    "port-unreachable": "closed port-unreach unchecked fail",
    "net-unreachable": "open|filtered no-response silent inconclusive",
    "host-unreachable": "open|filtered no-response silent inconclusive",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
    "left-out": LEFT_OUT_CELL,
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
    // Whatever a listener says after its accept, a path is a path; but who hangs up may be a box on the way.
    silent: "open syn-ack unchecked pass open=5000-5020",
    foreign: "open syn-ack unchecked pass open=5000-5020",
    "hung-up": "open rst-after-accept unchecked inconclusive open=5000-5020",
    "accepts-all": "open accept-unreliable unchecked inconclusive open=5000-5020",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
    "left-out": LEFT_OUT_CELL,
  },
  udpRange: {
    well: "closed port-unreach unchecked inconclusive closed=5000-5020",
    dropped: "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    "admin-prohibited": "filtered unreachable unchecked fail filtered=5000-5020",
    "port-unreachable": "closed port-unreach unchecked inconclusive closed=5000-5020",
    "net-unreachable": "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    "host-unreachable": "open|filtered no-response unchecked inconclusive open|filtered=5000-5020",
    "no-route": NO_ROUTE_CELL,
    "no-name": NO_NAME_CELL,
    "left-out": LEFT_OUT_CELL,
  },
} as const satisfies Record<Kind, Partial<Cells>>;

/** Rows that `--expect path` lowers to a path; ranges expect one already. Rule 3 doubts every refusal. */
const PATH_CELLS: Readonly<Record<"tcp" | "udp", Partial<Cells>>> = {
  tcp: {
    dropped: "filtered no-response unchecked inconclusive",
    reset: "closed conn-refused unchecked inconclusive",
    "admin-prohibited": "filtered unreachable unchecked fail",
    "left-out": LEFT_OUT_CELL,
  },
  udp: {
    dropped: "open|filtered no-response silent inconclusive",
    "admin-prohibited": "filtered unreachable unchecked fail",
    "port-unreachable": "closed port-unreach unchecked inconclusive",
    "left-out": LEFT_OUT_CELL,
  },
};

/** What this domain controller's endpoint mapper announces beside itself. */
const ANNOUNCED_PORTS = [5000, 5001, 5002] as const;

/** Cells by `<address> <check>`; leads by the row that announced them and their port. */
export type Matrix = Readonly<Record<string, string>>;

/**
 * What the profile must show for one address when each row meets the condition that `conditionOf` names. A lead is a
 * TCP service inside the range, asked in its protocol: it meets what the range meets, if nothing else is said.
 */
export function expectedMatrix(
  address: string | null,
  conditionOf: (row: LabRow) => Condition,
  ofLeads: Condition = conditionOf(DCOM_TCP),
): Matrix {
  const rows = ROWS.map((row) => {
    const condition = conditionAt(address, row, conditionOf(row));
    return [`${address} ${row.check}`, cellOf(CELLS[row.kind], row, condition)] as const;
  });
  const announced = conditionOf(EPM) === "well" ? ANNOUNCED_PORTS : [];
  const leads = announced.map((port) => [`${address} ${EPM.check} > tcp/${port}`, TCP_SERVICE[ofLeads]] as const);
  return Object.fromEntries([...rows, ...leads]);
}

/** The same under `--expect path`. */
export function expectedPathMatrix(address: string, conditionOf: (row: LabRow) => Condition): Matrix {
  const rows = ROWS.map((row) => {
    const isRange = row.kind === "tcpRange" || row.kind === "udpRange";
    const cells = isRange ? CELLS[row.kind] : PATH_CELLS[row.transport];
    return [`${address} ${row.check}`, cellOf(cells, row, conditionAt(address, row, conditionOf(row)))] as const;
  });
  return Object.fromEntries(rows);
}

/** NetBIOS exists over IPv4 only (RFC 1002): at an IPv6 address that we have a route to, its rows are not asked. */
function conditionAt(address: string | null, { check }: LabRow, condition: Condition): Condition {
  const cannotBe = check.startsWith("netbios") && address?.includes(":") === true;
  return cannotBe && condition !== "no-route" ? "left-out" : condition;
}

function cellOf(cells: Partial<Cells>, row: LabRow, condition: Condition): string {
  const cell = cells[condition];
  if (cell === undefined) throw new Error(`nothing is written down for ${row.check} under "${condition}"`);
  return cell;
}

/** Every row meets the same; rows of `but` meet what they say. */
export function allRows(
  condition: Condition,
  but: ReadonlyMap<LabRow, Condition> = new Map(),
): (row: LabRow) => Condition {
  return (row) => but.get(row) ?? condition;
}

/** TCP rows meet the one, UDP rows the other. */
export function byTransport(tcp: Condition, udp: Condition): (row: LabRow) => Condition {
  return ({ transport }) => (transport === "tcp" ? tcp : udp);
}

/**
 * The exit code that a matrix of one or several addresses must give: 1 when a required row fails, or any row that an
 * ICMP error proves filtered; else 3 when a required row is undecided; else 0. Leads and rows left out move nothing.
 */
export function expectedExitCode(matrix: Matrix): 0 | 1 | 3 {
  const cells = Object.entries(matrix)
    .filter(([key]) => !key.includes(" > "))
    .map(([key, cell]) => ({ row: ROWS.find(({ check }) => key.endsWith(check))!, words: cell.split(" ") }));
  const counted = cells.filter(({ row, words }) => row.required || (words[0] === "filtered" && words[3] === "fail"));
  const outcomes = counted.map(({ words }) => words[3]).filter((outcome) => outcome !== "skipped");
  if (outcomes.includes("fail")) return 1;
  return outcomes.every((outcome) => outcome === "pass") ? 0 : 3;
}
