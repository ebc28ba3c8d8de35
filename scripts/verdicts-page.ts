/**
 * docs/verdicts.md: prose written by hand, and tables printed from the code that decides: every situation under every expectation, and what
 * errors mean. Nothing here knows an outcome of its own.
 */
import { readFile } from "node:fs/promises";
import type { Verdict } from "../src/model/result.ts";
import { EXPECTATIONS, type Expectation, type LostWay, type Reason, type Transport } from "../src/model/words.ts";
import { type Controls, outcomeOf } from "../src/verdict/outcome.ts";
import { reasonOfErrno, reasonOfIcmp, stateOfReason } from "../src/verdict/state.ts";

interface Situation {
  readonly seen: string;
  readonly transport: Transport;
  readonly verdict: Verdict;
}

const SITUATIONS: readonly Situation[] = [
  { seen: "the service answered in its protocol", transport: "tcp", verdict: verdict("protocol-reply", "confirmed") },
  { seen: "the service refused in its protocol", transport: "tcp", verdict: verdict("service-refusal", "refused") },
  {
    seen: "a TLS alert that asks for a client certificate",
    transport: "tcp",
    verdict: verdict("tls-alert", "refused"),
  },
  {
    seen: "a TLS alert that ends the handshake for another reason",
    transport: "tcp",
    verdict: verdict("tls-alert", "unchecked"),
  },
  {
    seen: "a finished handshake, then a TLS alert instead of a reply",
    transport: "tcp",
    verdict: verdict("tls-alert", "silent"),
  },
  { seen: "another protocol answered", transport: "tcp", verdict: verdict("mismatch", "mismatch") },
  {
    seen: "a middle box answered in the protocol",
    transport: "tcp",
    verdict: verdict("answered-by-intermediary", "unchecked"),
  },
  {
    seen: "accepted, asked, no reply",
    transport: "tcp",
    verdict: { ...verdict("no-response", "silent"), state: "open" },
  },
  {
    seen: "accepted, then ended within 300 ms without a byte",
    transport: "tcp",
    verdict: verdict("rst-after-accept", "silent"),
  },
  { seen: "accepted, the service was not asked", transport: "tcp", verdict: verdict("syn-ack", "unchecked") },
  {
    seen: "accepted, and so are all canary ports",
    transport: "tcp",
    verdict: verdict("accept-unreliable", "unchecked"),
  },
  { seen: "reset (RST)", transport: "tcp", verdict: verdict("conn-refused", "unchecked") },
  {
    seen: "refused, sender unseen (no error queue)",
    transport: "tcp",
    verdict: { ...verdict("conn-refused", "unchecked"), doubted: true },
  },
  { seen: "port-unreachable from the target", transport: "udp", verdict: verdict("port-unreach", "unchecked", "udp") },
  { seen: "any other ICMP error", transport: "tcp", verdict: verdict("admin-prohibited", "unchecked") },
  { seen: "no answer to the connection request", transport: "tcp", verdict: verdict("no-response", "unchecked") },
  { seen: "no answer to the datagrams", transport: "udp", verdict: verdict("no-response", "silent", "udp") },
  {
    seen: "a responder held the port, and its token came back",
    transport: "udp",
    verdict: verdict("responder-receipt", "unchecked", "udp"),
  },
  { seen: "a responder held the port, and nothing arrived", transport: "udp", verdict: lost("request") },
  { seen: "a responder held the port, and its reply was lost", transport: "udp", verdict: lost("reply") },
  {
    seen: "a responder held the port, and an ICMP error or reset came",
    transport: "tcp",
    verdict: { ...lost("request"), reason: "admin-prohibited" },
  },
  {
    seen: "a responder held the port, and was lost in the middle",
    transport: "udp",
    verdict: verdict("responder-lost", "unchecked"),
  },
  {
    seen: "our own side: no route, no name, no resources, own firewall",
    transport: "tcp",
    verdict: verdict("no-route", "unchecked"),
  },
];

function verdict(reason: Reason, service: Verdict["service"], transport: Transport = "tcp"): Verdict {
  return { state: stateOfReason(reason, transport, "target"), reason, service };
}

/** Over either transport. */
function lost(way: LostWay): Verdict {
  return { state: "filtered", reason: "no-response", service: "unchecked", lost: way };
}

/** Markdown of the outcome table. */
function outcomeTable(): string {
  const rows = SITUATIONS.map((situation) => {
    const { state, reason, service } = situation.verdict;
    const cells = EXPECTATIONS.map((expect) => cellOf(situation, expect));
    return [situation.seen, `${situation.transport} ${state.replace("|", "\\|")}`, reason, service, ...cells];
  });
  return markdown(["what was seen", "state", "reason", "service", ...EXPECTATIONS.map((word) => `\`${word}\``)], rows);
}

/** One outcome, or what it depends on: the row's silence, or what other ports of the host did. */
function cellOf({ verdict, transport }: Situation, expect: Expectation): string {
  const outcome = (silence: "fail" | "inconclusive", controls: Controls) =>
    outcomeOf(verdict, { expect, silence, transport }, controls);
  const alone = { refused: false, reached: false };
  const plain = outcome("fail", alone);
  if (outcome("inconclusive", alone) !== plain) return `${plain}, or inconclusive where the row's silence is`;
  const refused = outcome("fail", { refused: true, reached: true });
  const reached = outcome("fail", { refused: false, reached: true });
  if (reached !== plain) return `${reached} if another port of the host was open or closed, else ${plain}`;
  return refused === plain ? plain : `${refused} if the host refused another TCP port, else ${plain}`;
}

/** Every system error code that has a reason; a test holds the list against the platform's own. */
export const ERROR_CODES: readonly string[] = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "EACCES",
  "EPERM",
  "ETIMEDOUT",
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "ENETDOWN",
  "EAFNOSUPPORT",
];

/** Markdown of what a system error code means before a connection exists, without the ICMP error queue. */
function errnoTable(): string {
  const rows = [...ERROR_CODES, "anything else"].map((code) => [
    code,
    ...(["tcp", "udp"] as const).flatMap((transport) =>
      ["10.0.0.1", "2001:db8::1"].map((address) => {
        const reason = reasonOfErrno(code, transport, address);
        return `${stateOfReason(reason, transport, address).replace("|", "\\|")}, ${reason}`;
      }),
    ),
  ]);
  return markdown(["error", "TCP, IPv4", "TCP, IPv6", "UDP, IPv4", "UDP, IPv6"], rows);
}

/** Markdown of what an ICMP destination-unreachable error means; the sender is another machine than the target. */
function icmpTable(): string {
  const rows = Array.from({ length: 16 }, (_, code) => [
    `${code}`,
    reasonOfIcmp({ type: 3, code, from: "10.0.0.254" }),
    code <= 6 ? reasonOfIcmp({ type: 1, code, from: "2001:db8::254" }) : "",
  ]);
  return markdown(["code", "ICMP type 3", "ICMPv6 type 1"], rows);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The page as it stands, with each block between `<!-- NAME -->` and `<!-- end -->` printed afresh. */
export async function verdictsPage(): Promise<string> {
  const page = await readFile(new URL("../docs/verdicts.md", import.meta.url), "utf8");
  const tables = { outcomes: outcomeTable(), errnos: errnoTable(), icmp: icmpTable() };
  return Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`),
        (_all, head, end) => `${head}${table}\n${end}`,
      ),
    page,
  );
}
