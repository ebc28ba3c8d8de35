/** docs/verdicts.md: the tables of src/verdict/, worked out by asking the code for every case. */
import type { Verdict } from "../src/model/result.ts";
import {
  EXPECTATIONS,
  type Expectation,
  REASONS,
  type Reason,
  type ServiceState,
  type State,
  type Transport,
} from "../src/model/words.ts";
import { type Judgement, outcomeOf } from "../src/verdict/outcome.ts";
import { reasonOfErrno, reasonOfIcmp, stateOfReason } from "../src/verdict/state.ts";

const TARGET = { v4: "192.0.2.1", v6: "2001:db8::1" };
const OTHER = "192.0.2.254";

/** Every system error code that has a reason; a test holds the list against the platform's own. */
export const ERROR_CODES: readonly string[] = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ETIMEDOUT",
  "EACCES",
  "EPERM",
  "ENETDOWN",
  "EAFNOSUPPORT",
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
];

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

function stateCell(reason: Reason, transport: Transport): string {
  const own = stateOfReason(reason, transport, TARGET.v4, TARGET.v4);
  const others = stateOfReason(reason, transport, TARGET.v4, OTHER);
  return own === others ? own : `${own} from the target's own address, else ${others}`;
}

function statesTable(): string {
  const rows = REASONS.map((reason) => [`\`${reason}\``, stateCell(reason, "tcp"), stateCell(reason, "udp")]);
  return table(["reason", "over TCP", "over UDP"], rows);
}

function errorsTable(): string {
  const rows = ERROR_CODES.map((code) => {
    const over = (transport: Transport, address: string): string => reasonOfErrno(code, transport, address);
    return [`\`${code}\``, over("tcp", TARGET.v4), over("udp", TARGET.v4), over("tcp", TARGET.v6)];
  });
  return table(["system error", "TCP, IPv4", "UDP, IPv4", "TCP, IPv6"], rows);
}

function icmpTable(): string {
  const codes = Array.from({ length: 16 }, (_, code) => code);
  const rows = codes.map((code) => {
    const v4 = reasonOfIcmp({ type: 3, code, from: TARGET.v4 });
    const v6 = reasonOfIcmp({ type: 1, code, from: TARGET.v6 });
    return [`${code}`, v4, v6];
  });
  return table(["code", "ICMP type 3", "ICMPv6 type 1"], rows);
}

interface Situation {
  readonly words: string;
  readonly verdict: Verdict;
  readonly transport?: Transport;
}

const seen = (
  words: string,
  state: State,
  service: ServiceState,
  reason: Reason,
  more?: Partial<Situation>,
): Situation => ({
  words,
  verdict: { state, service, reason },
  ...more,
});

const SITUATIONS: readonly Situation[] = [
  seen("open, confirmed", "open", "confirmed", "protocol-reply"),
  seen("open, refused", "open", "refused", "service-refusal"),
  seen("open, mismatch", "open", "mismatch", "mismatch"),
  seen("open, silent", "open", "silent", "no-response"),
  seen("open, unchecked", "open", "unchecked", "syn-ack"),
  seen("open, `rst-after-accept`", "open", "silent", "rst-after-accept"),
  seen("open, `accept-unreliable`", "open", "unchecked", "accept-unreliable"),
  seen("open, `answered-by-intermediary`", "open", "unchecked", "answered-by-intermediary"),
  seen("closed", "closed", "unchecked", "conn-refused"),
  {
    words: "closed, perhaps by a firewall (no error queue)",
    verdict: { state: "closed", service: "unchecked", reason: "conn-refused", doubted: true },
  },
  seen("filtered, an ICMP error said so", "filtered", "unchecked", "admin-prohibited"),
  seen("filtered, TCP stayed silent", "filtered", "unchecked", "no-response"),
  seen("open|filtered (UDP stayed silent)", "open|filtered", "silent", "no-response", { transport: "udp" }),
  seen("unknown", "unknown", "unchecked", "no-route"),
];

/** What an outcome may hang on beside the verdict itself. */
const CONDITIONS = [
  { when: "its silence is `fail`", asked: { silence: "fail" }, controls: {} },
  { when: "another TCP port of the host refused", asked: {}, controls: { refused: true } },
  { when: "a positive control was open or closed", asked: {}, controls: { reached: true } },
] as const;

function outcomeCell({ verdict, transport = "tcp" }: Situation, expect: Expectation): string {
  const judge = (condition?: (typeof CONDITIONS)[number]): Judgement =>
    outcomeOf(
      verdict,
      { expect, transport, silence: "inconclusive", ...condition?.asked },
      { refused: false, reached: false, ...condition?.controls },
    );
  const plain = judge();
  const condition = CONDITIONS.find((each) => judge(each) !== plain);
  return condition === undefined ? plain : `${judge(condition)} if ${condition.when}, else ${plain}`;
}

function outcomesTable(): string {
  const rows = SITUATIONS.map((situation) => [
    situation.words,
    ...EXPECTATIONS.map((expect) => outcomeCell(situation, expect)),
  ]);
  return table(["what was seen", ...EXPECTATIONS.map((expect) => `expects \`${expect}\``)], rows);
}

/** The whole page. */
export function verdictsPage(): string {
  return `# Verdicts

Written by \`npm run docs\` from \`src/verdict/\`; a test holds the page against the code.

A socket's observation and a prober's reading give a **reason**, the reason gives a **state**, and state, service and
what the row expects give an **outcome**. \`silence\` is a property of the prober that a row may override.

## Outcome: what was seen, under what was expected

${outcomesTable()}

A range takes the worst of its ports: fail, then error, then inconclusive, then pass. An any-of group passes when one
member passes.

## State: what a reason stands for

${statesTable()}

## Reason: what a system error says

A code that is not listed is \`unclassified\`, and never a closed port.

${errorsTable()}

## Reason: what an ICMP error says

Every other type is \`unreachable\`. An error that our own host sent is \`local-egress-blocked\`, except that nobody
answered ARP or neighbour discovery.

${icmpTable()}

## Exit code

| code | when |
| --- | --- |
| 0 | every required row passes, and in each profile at least one row passed |
| 1 | a required row fails, or the network provably filters a row that nobody requires |
| 2 | usage or configuration |
| 3 | nothing failed, but something required is inconclusive or in error, or nothing in a profile passed |
| 130 | interrupted |
`;
}
