/**
 * Kamailio as the SIP server at the domain controller's address, one port for each thing that it may answer, and sipp
 * behind and beside it as a second implementation.
 */
import { writeFile } from "node:fs/promises";
import { DC } from "./addresses.ts";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";

/** What is behind each port. */
export const SIP_PORT = {
  answers: 5060,
  answersTls: 5061,
  forbids: 5070,
  knowsNobody: 5071,
  /** Wants a certificate of whoever connects. */
  wantsCertificate: 5062,
  silent: 5072,
  challenges: 5073,
  /** Relays to a port where nothing listens: its own 408, after its own 100. */
  deadEnd: 5074,
  /** Relays to sipp, which says 504: its own 100, and then what sipp said. */
  relays: 5075,
  /** Asks how far a request may go before anything else. */
  countsHops: 5080,
  sippBehind: 6060,
  /** No kamailio: sipp itself. */
  sipp: 6061,
} as const;

const UDP_PORTS = [5060, 5070, 5071, 5072, 5073, 5074, 5075, 5080];

const MODULES = ["tm", "sl", "pv", "maxfwd", "textops", "tls"];

/** The least script that gives each answer. Its sockets name addresses, because `myself` and Via are made of them. */
function script(folder: string): string {
  const hosts = [DC.v4, `[${DC.v6}]`];
  const listens = hosts.flatMap((host) => [
    ...UDP_PORTS.map((port) => `listen=udp:${host}:${port}`),
    `listen=tcp:${host}:${SIP_PORT.answers}`,
    `listen=tls:${host}:${SIP_PORT.answersTls}`,
    `listen=tls:${host}:${SIP_PORT.wantsCertificate}`,
  ]);
  const says = (port: number, status: number, reason: string) =>
    `case ${port}: sl_send_reply("${status}", "${reason}"); exit;`;
  const relays = (port: number, to: number) =>
    `case ${port}: $du = "sip:${DC.v4}:${to}"; t_newtran(); t_reply("100", "Trying"); t_relay(); exit;`;
  return [
    ...["debug=1", "log_stderror=yes", "fork=yes", "children=2", "tcp_children=1", "enable_tls=yes", "auto_aliases=no"],
    ...listens,
    ...MODULES.map((name) => `loadmodule "${name}.so"`),
    `modparam("tls", "config", "${folder}/kamailio-tls.cfg")`,
    'modparam("tm", "fr_timer", 1000)',
    "request_route {",
    'if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }',
    "switch ($Rp) {",
    says(SIP_PORT.forbids, 403, "Forbidden"),
    says(SIP_PORT.knowsNobody, 404, "Not Found"),
    `case ${SIP_PORT.silent}: exit;`,
    `case ${SIP_PORT.challenges}: append_to_reply("WWW-Authenticate: Digest realm=\\"lab.test\\", nonce=\\"0a\\"\\r\\n");`,
    'sl_send_reply("401", "Unauthorized"); exit;',
    relays(SIP_PORT.deadEnd, 5999),
    relays(SIP_PORT.relays, SIP_PORT.sippBehind),
    "}",
    'append_to_reply("Allow: OPTIONS, INVITE\\r\\n");',
    'sl_send_reply("200", "OK");',
    "}",
    "",
  ].join("\n");
}

const TLS_FIXTURES = new URL("../fixtures/tls/", import.meta.url).pathname;

/** Shows the self-signed certificate everywhere, and at one port takes it of its peers too. */
function tlsDomains(): string {
  const own = [`private_key = ${TLS_FIXTURES}key.pem`, `certificate = ${TLS_FIXTURES}self-signed.pem`];
  const peers = ["verify_certificate = yes", "require_certificate = yes", `ca_list = ${TLS_FIXTURES}self-signed.pem`];
  const strict = [DC.v4, `[${DC.v6}]`].flatMap((host) => [
    `[server:${host}:${SIP_PORT.wantsCertificate}]`,
    ...["method = TLSv1.2+", ...own, ...peers],
  ]);
  const open = ["[server:default]", "method = TLSv1.2+", ...own, "verify_certificate = no", "require_certificate = no"];
  return [...open, ...strict, ""].join("\n");
}

export async function startKamailio({ dc }: Lab, folder: string): Promise<Daemon> {
  await writeFile(`${folder}/kamailio-tls.cfg`, tlsDomains());
  await writeFile(`${folder}/kamailio.cfg`, script(folder));
  const argv = ["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", `${folder}/kamailio.cfg`];
  const places = ["-P", `${folder}/kamailio.pid`, "-Y", folder, "-w", folder];
  const daemon = startDaemon("kamailio", inside(dc, [...argv, ...places]), `${folder}/kamailio.out`);
  await untilListening(daemon, dc, [
    ...UDP_PORTS.flatMap((port) => [`udp/${DC.v4}:${port}`, `udp/[${DC.v6}]:${port}`]),
    `tcp/${DC.v4}:${SIP_PORT.answers}`,
    `tcp/[${DC.v6}]:${SIP_PORT.answersTls}`,
  ]);
  return daemon;
}

/**
 * What sipp finds in our request before it answers: each header of RFC 3261 section 8.1.1, in the forms that it must
 * have. A request that lacks one is not answered.
 */
const CHECKS: Readonly<Record<string, string>> = {
  "Via:": "SIP/2\\.0/UDP [0-9.]+:[0-9]+;branch=z9hG4bK[0-9a-f]{32};rport",
  "Max-Forwards:": "[0-9]+",
  "From:": "sip:unity-probe@[0-9.]+&gt;;tag=[0-9a-f]{16}",
  "To:": "&lt;sip:[0-9.:]+&gt;",
  "Call-ID:": "[0-9a-f]{32}@[0-9.]+",
  "CSeq:": "[0-9]+ OPTIONS",
  "Content-Length:": "0",
};

function scenario(status: string): string {
  const checks = Object.entries(CHECKS).map(
    ([header, regexp], index) =>
      `<ereg regexp="${regexp}" search_in="hdr" header="${header}" check_it="true" assign_to="${index + 1}"/>`,
  );
  const response = ["[last_Via:]", "[last_From:]", "[last_To:];tag=[pid]SIPp[call_number]", "[last_Call-ID:]"];
  return [
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<scenario name="options">',
    `<recv request="OPTIONS"><action>${checks.join("\n")}</action></recv>`,
    `<Reference variables="${checks.map((_, index) => index + 1).join(",")}"/>`,
    "<send><![CDATA[",
    [`SIP/2.0 ${status}`, ...response, "[last_CSeq:]", "Server: backend", "Content-Length: 0", "", ""].join("\n"),
    "]]></send>",
    "</scenario>",
  ].join("\n");
}

/** Lets sipp answer every OPTIONS at a port of the domain controller with one status. */
export async function startSipp({ dc }: Lab, folder: string, port: number, status: string): Promise<Daemon> {
  const file = `${folder}/sipp-${port}.xml`;
  await writeFile(file, scenario(status));
  const argv = ["sipp", "-sf", file, "-i", DC.v4, "-p", `${port}`, "-nostdin", "-trace_err", "-error_file"];
  const daemon = startDaemon("sipp", inside(dc, [...argv, `${folder}/sipp-${port}.err`]), `${folder}/sipp-${port}.out`);
  await untilListening(daemon, dc, [`udp/${DC.v4}:${port}`]);
  return daemon;
}
