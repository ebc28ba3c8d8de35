/** One kamailio for all machines that speak SIP, with an answer of its own at each of their ports. */
import { writeFile } from "node:fs/promises";
import {
  ACCESS_EDGE,
  type AddressPair,
  EDGE,
  FRONT_END,
  LCS_SERVER,
  SIP_ENDPOINT,
  UM_SERVER,
  UNITY,
} from "./addresses.ts";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";

type Answer = "200 OK" | "403 Forbidden" | "404 Not Found" | "483 Too Many Hops" | "nothing";

interface SipPort {
  readonly host: AddressPair;
  readonly transport: "tcp" | "tls" | "udp";
  readonly port: number;
  readonly answer: Answer;
  /** Wants a certificate of whoever connects. */
  readonly mutual?: true;
}

/** A port where TLS ends before anything is said: whoever has no certificate is sent away. */
const mutual = (host: AddressPair, port: number): SipPort => ({
  ...{ host, transport: "tls", port, answer: "200 OK", mutual: true },
});
const tls = (host: AddressPair, port: number, answer: Answer): SipPort => ({ host, transport: "tls", port, answer });
const tcp = (host: AddressPair, port: number, answer: Answer): SipPort => ({ host, transport: "tcp", port, answer });

const PORTS: readonly SipPort[] = [
  tcp(UNITY, 5060, "200 OK"),
  tcp(SIP_ENDPOINT, 5060, "404 Not Found"),
  tcp(UM_SERVER, 5060, "200 OK"),
  tls(UM_SERVER, 5061, "403 Forbidden"),
  tcp(UM_SERVER, 5065, "200 OK"),
  tls(UM_SERVER, 5068, "200 OK"),
  tls(LCS_SERVER, 5061, "403 Forbidden"),
  mutual(EDGE, 5061),
  tls(EDGE, 5062, "200 OK"),
  tls(ACCESS_EDGE, 443, "200 OK"),
  tls(ACCESS_EDGE, 5061, "200 OK"),
  tcp(FRONT_END, 5060, "200 OK"),
  mutual(FRONT_END, 5061),
  tcp(FRONT_END, 5062, "403 Forbidden"),
  tcp(FRONT_END, 5063, "404 Not Found"),
  tcp(FRONT_END, 5064, "483 Too Many Hops"),
  tcp(FRONT_END, 5065, "nothing"),
  tcp(FRONT_END, 5069, "200 OK"),
  tcp(FRONT_END, 5071, "200 OK"),
];

const MODULES = ["sl", "pv", "tls"];

function script(folder: string): string {
  const listens = PORTS.flatMap(({ host, transport, port }) =>
    [host.v4, `[${host.v6}]`].map((address) => `listen=${transport}:${address}:${port}`),
  );
  const answers = PORTS.flatMap(({ host, port, answer }) =>
    [host.v4, host.v6].map((address) => `if ($Ri == "${address}" && $Rp == ${port}) { ${statement(answer)} exit; }`),
  );
  return [
    ...["debug=1", "log_stderror=yes", "fork=yes", "children=1", "tcp_children=1", "enable_tls=yes", "auto_aliases=no"],
    ...listens,
    ...MODULES.map((name) => `loadmodule "${name}.so"`),
    `modparam("tls", "config", "${folder}/sip-tls.cfg")`,
    ...["request_route {", ...answers, "}", ""],
  ].join("\n");
}

function statement(answer: Answer): string {
  if (answer === "nothing") return "";
  const [status, ...words] = answer.split(" ");
  return `sl_send_reply("${status}", "${words.join(" ")}");`;
}

const TLS_FIXTURES = new URL("../fixtures/tls/", import.meta.url).pathname;

function tlsDomains(): string {
  const own = [`private_key = ${TLS_FIXTURES}key.pem`, `certificate = ${TLS_FIXTURES}self-signed.pem`];
  const peers = ["verify_certificate = yes", "require_certificate = yes", `ca_list = ${TLS_FIXTURES}self-signed.pem`];
  const strict = PORTS.filter((one) => one.mutual).flatMap(({ host, port }) =>
    [host.v4, `[${host.v6}]`].flatMap((address) => [
      `[server:${address}:${port}]`,
      ...["method = TLSv1.2+", ...own, ...peers],
    ]),
  );
  const open = ["[server:default]", "method = TLSv1.2+", ...own, "verify_certificate = no", "require_certificate = no"];
  return [...open, ...strict, ""].join("\n");
}

export async function startSipServices({ services }: Lab, folder: string): Promise<Daemon> {
  await writeFile(`${folder}/sip-tls.cfg`, tlsDomains());
  await writeFile(`${folder}/sip.cfg`, script(folder));
  const argv = ["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", `${folder}/sip.cfg`];
  const places = ["-P", `${folder}/sip.pid`, "-Y", folder, "-w", folder];
  const daemon = startDaemon("kamailio", inside(services, [...argv, ...places]), `${folder}/sip.out`);
  const sockets = PORTS.flatMap(({ host, port }) => [`tcp/${host.v4}:${port}`, `tcp/[${host.v6}]:${port}`]);
  await untilListening(daemon, services, sockets);
  return daemon;
}
