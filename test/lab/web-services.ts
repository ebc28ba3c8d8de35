/** One nginx for all machines that speak HTTP or TLS, and openssl's server where a client needs a certificate. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AddressPair, CUCM, EDGE, FRONT_END, UNITY } from "./addresses.ts";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";

interface WebPort {
  readonly host: AddressPair;
  readonly port: number;
  readonly tls: boolean;
  /** The statements behind it. */
  readonly says: string;
}

const OK = 'return 200 "It works";';
const secure = (host: AddressPair, port: number, says = OK): WebPort => ({ host, port, tls: true, says });
const plain = (host: AddressPair, port: number, says = OK): WebPort => ({ host, port, tls: false, says });

const PORTS: readonly WebPort[] = [
  secure(UNITY, 443, 'add_header WWW-Authenticate "Negotiate" always; return 401;'),
  plain(UNITY, 80),
  secure(FRONT_END, 443),
  secure(FRONT_END, 444, "return 403;"),
  secure(FRONT_END, 8057),
  // Answers for another machine, which it cannot reach.
  plain(FRONT_END, 80, 'add_header Via "1.1 front.lab.test" always; return 502;'),
  // No SIP, where SIP is asked for.
  plain(FRONT_END, 5074),
  secure(CUCM, 2443),
  secure(CUCM, 8443),
];

const FIXTURES = join(import.meta.dirname, "../fixtures/tls");

export async function startWebServices({ services }: Lab, folder: string): Promise<Daemon> {
  const home = `${folder}/web`;
  await mkdir(home);
  await writeFile(`${home}/nginx.conf`, configurationIn(home));
  const argv = ["nginx", "-c", `${home}/nginx.conf`, "-e", `${home}/error.log`, "-p", home];
  const daemon = startDaemon("nginx", inside(services, argv), `${folder}/web.out`);
  const sockets = PORTS.flatMap(({ host, port }) => [`tcp/${host.v4}:${port}`, `tcp/[${host.v6}]:${port}`]);
  await untilListening(daemon, services, sockets);
  return daemon;
}

function configurationIn(home: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${home}/${of};`);
  const servers = PORTS.map(({ host, port, tls, says }) => {
    const parameter = tls ? " ssl" : "";
    return `server { listen ${host.v4}:${port}${parameter}; listen [${host.v6}]:${port}${parameter}; ${says} }`;
  });
  return `daemon off;
user root;
worker_processes 1;
pid ${home}/nginx.pid;
events { worker_connections 64; }
http {
  ssl_certificate ${FIXTURES}/self-signed.pem;
  ssl_certificate_key ${FIXTURES}/key.pem;
  access_log ${home}/access.log;
  ${[...temporary, ...servers].join("\n  ")}
}
`;
}

/** PSOM of the Edge Server: TLS that wants a certificate of the client, at an address of its own family. */
export async function startPsom({ services }: Lab, family: keyof AddressPair, folder: string): Promise<Daemon> {
  const endpoint = family === "v4" ? `${EDGE.v4}:8057` : `[${EDGE.v6}]:8057`;
  const own = ["-cert", `${FIXTURES}/self-signed.pem`, "-key", `${FIXTURES}/key.pem`];
  const peers = ["-Verify", "1", "-verify_return_error", "-CAfile", `${FIXTURES}/self-signed.pem`];
  const argv = ["openssl", "s_server", "-accept", endpoint, "-www", ...own, ...peers];
  const daemon = startDaemon("openssl", inside(services, argv), `${folder}/psom-${family}.out`);
  await untilListening(daemon, services, [`tcp/${endpoint}`]);
  return daemon;
}
