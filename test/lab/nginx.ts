/** nginx beside the domain controller: one server a port, each with another certificate or another answer. */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { DC } from "./addresses.ts";
import { type Daemon, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

/** What answers at which port. */
export const NGINX = {
  plain: 8180,
  unauthorized: 8181,
  behindProxy: 8182,
  good: 8443,
  endsSoon: 8444,
  expired: 8445,
  tls12: 8446,
} as const;

/** The name in all its certificates but the expired one. */
export const NGINX_NAME = "dc01.example.com";

const START_TIMEOUT_MS = 60_000;
const DAYS_LEFT = 10;
const fixture = (name: string) => resolve(`test/fixtures/tls/${name}.pem`);

/** Starts it; `folder` is one that nobody else's nginx uses. */
export async function startNginx({ dc }: Pick<Lab, "dc">, folder: string): Promise<Daemon> {
  const home = `${folder}/nginx`;
  await mkdir(home, { recursive: true });
  const subject = ["-subj", `/CN=${NGINX_NAME}`, "-addext", `subjectAltName=DNS:${NGINX_NAME}`];
  const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", `${home}/soon-key.pem`];
  await runOk(["openssl", "req", "-x509", "-days", `${DAYS_LEFT}`, ...key, ...subject, "-out", `${home}/soon.pem`]);
  await writeFile(`${home}/nginx.conf`, configurationIn(home));
  const argv = ["nginx", "-c", `${home}/nginx.conf`, "-e", `${home}/error.log`, "-p", home];
  const daemon = startDaemon("nginx", inside(dc, argv), `${folder}/nginx.out`);
  const isListening = async () => {
    const listening = await listeners(dc);
    return Object.values(NGINX).every((port) => listening.has(`tcp/${DC.v4}:${port}`));
  };
  await untilReady(daemon, isListening, START_TIMEOUT_MS);
  return daemon;
}

function configurationIn(home: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `${of}_temp_path ${home}/${of};`);
  const server = (port: number, lines: readonly string[], parameter = "") =>
    `server { listen ${DC.v4}:${port}${parameter}; ${lines.join(" ")} }`;
  const secure = (port: number, file: string, key: string, ...lines: readonly string[]) =>
    server(port, [`ssl_certificate ${file};`, `ssl_certificate_key ${key};`, ...lines, ok], " ssl");
  const ok = 'return 200 "It works";';
  const challenge = 'add_header WWW-Authenticate "Basic realm=lab" always;';
  const servers = [
    server(NGINX.plain, [ok]),
    server(NGINX.unauthorized, [challenge, "return 401;"]),
    server(NGINX.behindProxy, ['add_header Via "1.1 front.lab.test" always;', "return 502;"]),
    secure(NGINX.good, fixture("self-signed"), fixture("key")),
    secure(NGINX.endsSoon, `${home}/soon.pem`, `${home}/soon-key.pem`),
    secure(NGINX.expired, fixture("expired"), fixture("key")),
    secure(NGINX.tls12, fixture("self-signed"), fixture("key"), "ssl_protocols TLSv1.2;"),
  ];
  return `daemon off;
user root;
worker_processes 1;
pid ${home}/nginx.pid;
events { worker_connections 64; }
http {
  ssl_protocols TLSv1.2 TLSv1.3;
  access_log ${home}/access.log;
  ${[...temporary, ...servers].join("\n  ")}
}
`;
}
