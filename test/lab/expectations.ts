/**
 * What the rules demand of each row under each condition, written down by hand from the outcome table and rules 1 to 6
 * of the design, for a machine that can read the ICMP error queue. Nothing here is computed by the product: a cell is
 * the four words state, reason, serviceState and outcome, for a range the ports of each state, and where ICMP errors
 * came who sent which: `by=router/admin-prohibited`.
 */
import type { Fault } from "./firewall.ts";
import { DCOM_TCP, EPM, type Kind, type LabRow, ROWS } from "./rows.ts";

/** What a row meets: a fault of the router's, or one of these. */
export type Condition =
  | Fault
  /** The real server answers, or for a range the domain controller's own stack. */
  | "well"
  /** Over UDP: nobody listens, and the target says so. Over TCP that is a reset. */
  | "closed"
  /** Whatever goes to the host vanishes: it refuses no other port either. */
  | "black-hole"
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

/** Rule 2: no TCP stack answers with ICMP, so each of these is a firewall's or a router's word, whoever sends it. */
const REJECTED = {
  "admin-prohibited": "filtered admin-prohibited unchecked fail by=router/admin-prohibited",
  "port-unreachable": "filtered port-unreach unchecked fail by=router/port-unreachable",
  "net-unreachable": "filtered net-unreach unchecked fail by=router/net-unreachable",
  "host-unreachable": "filtered host-unreach unchecked fail by=router/host-unreachable",
} as const;

const UNASKED = { "no-route": NO_ROUTE_CELL, "no-name": NO_NAME_CELL, "left-out": LEFT_OUT_CELL } as const;

/** What only a UDP port can be: over TCP it is a reset. */
type OfDatagrams = "closed";

const TCP_SERVICE: Readonly<Record<Exclude<Condition, OfDatagrams>, string>> = {
  ...REJECTED,
  ...UNASKED,
  well: "open protocol-reply confirmed pass",
  dropped: "filtered no-response unchecked fail",
  "black-hole": "filtered no-response unchecked fail",
  reset: "closed conn-refused unchecked fail",
  // Every TCP service of this profile must answer what it was asked.
  silent: "open no-response silent fail",
  "hung-up": "open rst-after-accept silent fail",
  foreign: "open mismatch mismatch fail",
  "accepts-all": "open accept-unreliable silent fail",
};

/** What only a TCP listener can do. */
type OfListeners = "reset" | "silent" | "hung-up" | "foreign" | "accepts-all";
type UdpCells = Readonly<Record<Exclude<Condition, OfListeners>, string>>;

/** Each of these must answer what it was asked, so its silence fails. */
const UDP_SERVICE: UdpCells = {
  ...REJECTED,
  ...UNASKED,
  well: "open protocol-reply confirmed pass",
  closed: "closed port-unreach unchecked fail by=target/port-unreachable",
  dropped: "open|filtered no-response silent fail",
  "black-hole": "open|filtered no-response silent fail",
};

/** Rule 4: a refusal in the protocol proves the service. */
const REFUSED = "open service-refusal refused pass";

/** A NetBIOS datagram is never answered (RFC 1002 section 4.4): well and dropped look the same. */
const NEVER_ANSWERED = "open|filtered no-response silent inconclusive";

const RANGE = "5000-5020";
const rangeRejected = (kind: keyof typeof REJECTED): string =>
  REJECTED[kind].replace(" by=", ` filtered=${RANGE} by=`).concat(`=${RANGE}`);
const RANGE_REJECTED = {
  "admin-prohibited": rangeRejected("admin-prohibited"),
  "port-unreachable": rangeRejected("port-unreachable"),
  "net-unreachable": rangeRejected("net-unreachable"),
  "host-unreachable": rangeRejected("host-unreachable"),
} as const;
const RANGE_CLOSED = `closed port-unreach unchecked pass closed=${RANGE} by=target/port-unreachable=${RANGE}`;
const RANGE_SILENT = `open|filtered no-response unchecked inconclusive open|filtered=${RANGE}`;

/** Rows of the profile by what they are; the reasons behind the less obvious cells stand beside them. */
const CELLS = {
  tcpService: TCP_SERVICE,
  tcpRefusal: { ...TCP_SERVICE, well: REFUSED },
  udpService: UDP_SERVICE,
  udpRefusal: { ...UDP_SERVICE, well: REFUSED },
  udpNeverAnswers: {
    ...UDP_SERVICE,
    well: NEVER_ANSWERED,
    dropped: NEVER_ANSWERED,
    "black-hole": NEVER_ANSWERED,
    // A router looks for the host for three seconds; so long nobody waits for an answer that never comes.
    "host-unreachable": NEVER_ANSWERED,
  },
  /** Expects a path: what the host itself refuses got there. */
  tcpRange: {
    ...RANGE_REJECTED,
    ...UNASKED,
    well: "mixed conn-refused unchecked pass open=5000-5002 closed=5003-5020",
    // The host refuses other ports, so this silence is not its habit.
    dropped: `filtered no-response unchecked fail filtered=${RANGE}`,
    "black-hole": `filtered no-response unchecked inconclusive filtered=${RANGE}`,
    reset: `closed conn-refused unchecked pass closed=${RANGE}`,
    // Whatever a listener says after its accept, a path is a path; but who hangs up may be a box on the way.
    silent: `open syn-ack unchecked pass open=${RANGE}`,
    foreign: `open syn-ack unchecked pass open=${RANGE}`,
    "hung-up": `open rst-after-accept unchecked inconclusive open=${RANGE}`,
    "accepts-all": `open accept-unreliable unchecked inconclusive open=${RANGE}`,
  },
  udpRange: {
    ...RANGE_REJECTED,
    ...UNASKED,
    well: RANGE_CLOSED,
    closed: RANGE_CLOSED,
    dropped: RANGE_SILENT,
    "black-hole": RANGE_SILENT,
  },
} as const satisfies Record<Kind, Partial<Cells>>;

/** Rows that `--expect path` lowers to a path; ranges expect one already. */
const PATH_CELLS: Readonly<Record<"tcp" | "udp", Partial<Cells>>> = {
  tcp: {
    ...REJECTED,
    dropped: "filtered no-response unchecked fail",
    "black-hole": "filtered no-response unchecked inconclusive",
    reset: "closed conn-refused unchecked pass",
    "left-out": LEFT_OUT_CELL,
  },
  udp: {
    ...REJECTED,
    dropped: "open|filtered no-response silent inconclusive",
    "black-hole": "open|filtered no-response silent inconclusive",
    closed: "closed port-unreach unchecked pass by=target/port-unreachable",
    "left-out": LEFT_OUT_CELL,
  },
};

/** Type and code by RFC 792, RFC 1812 section 5.2.7.1 and RFC 4443. */
const ICMP = {
  v4: { "admin-prohibited": "3/13", "port-unreachable": "3/3", "net-unreachable": "3/0", "host-unreachable": "3/1" },
  v6: { "admin-prohibited": "1/1", "port-unreachable": "1/4", "net-unreachable": "1/0", "host-unreachable": "1/3" },
} as const;

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
    return [`${address} ${row.check}`, cellOf(CELLS[row.kind], row, condition, address)] as const;
  });
  const announced = conditionOf(EPM) === "well" ? ANNOUNCED_PORTS : [];
  const cellOfLeads = () => cellOf(TCP_SERVICE, DCOM_TCP, ofLeads, address);
  const leads = announced.map((port) => [`${address} ${EPM.check} > tcp/${port}`, cellOfLeads()] as const);
  return Object.fromEntries([...rows, ...leads]);
}

/** The same under `--expect path`. */
export function expectedPathMatrix(address: string, conditionOf: (row: LabRow) => Condition): Matrix {
  const rows = ROWS.map((row) => {
    const isRange = row.kind === "tcpRange" || row.kind === "udpRange";
    const cells = isRange ? CELLS[row.kind] : PATH_CELLS[row.transport];
    const condition = conditionAt(address, row, conditionOf(row));
    return [`${address} ${row.check}`, cellOf(cells, row, condition, address)] as const;
  });
  return Object.fromEntries(rows);
}

/** NetBIOS exists over IPv4 only (RFC 1002): at an IPv6 address that we have a route to, its rows are not asked. */
function conditionAt(address: string | null, { check }: LabRow, condition: Condition): Condition {
  const cannotBe = check.startsWith("netbios") && address?.includes(":") === true;
  return cannotBe && condition !== "no-route" ? "left-out" : condition;
}

function cellOf(cells: Partial<Cells>, row: LabRow, condition: Condition, address: string | null): string {
  const cell = cells[condition];
  if (cell === undefined) throw new Error(`nothing is written down for ${row.check} under "${condition}"`);
  const icmp = ICMP[address?.includes(":") === true ? "v6" : "v4"];
  return cell.replace(/(by=\w+\/)([\w-]+)/, (_, by, kind: keyof typeof icmp) => by + icmp[kind]);
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
