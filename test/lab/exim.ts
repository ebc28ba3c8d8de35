/** exim as a mail server beside the domain controller: with STARTTLS on port 25, and on another port as one who refuses. */
import { chmod, chown, copyFile, mkdir, writeFile } from "node:fs/promises";
import { DC } from "./addresses.ts";
import { type Daemon, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

/** Whoever comes here is sent away by the banner. */
export const REFUSING_PORT = 2525;

const START_TIMEOUT_MS = 10_000;
const TLS = "test/fixtures/tls";

export async function startExim({ dc }: Pick<Lab, "dc">, folder: string): Promise<Daemon> {
  const home = `${folder}/exim`;
  await mkdir(home, { recursive: true });
  const [user, group] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number(await runOk(["id", flag, "Debian-exim"]))),
  );
  // It gives up being root, and must still find its own files.
  await chmod(folder, 0o755);
  for (const file of ["key.pem", "self-signed.pem"]) {
    await copyFile(`${TLS}/${file}`, `${home}/${file}`);
    await chown(`${home}/${file}`, user!, group!);
  }
  await chown(home, user!, group!);
  // exim takes no configuration that somebody else than root could have written.
  await writeFile(`${folder}/exim.conf`, configurationIn(home), { mode: 0o644 });
  const daemon = startDaemon("exim", inside(dc, ["exim4", "-C", `${folder}/exim.conf`, "-bdf"]), `${folder}/exim.out`);
  const sockets = [25, REFUSING_PORT].flatMap((port) => [`tcp/${DC.v4}:${port}`, `tcp/[${DC.v6}]:${port}`]);
  await untilReady(
    daemon,
    async () => {
      const listening = await listeners(dc);
      return sockets.every((socket) => listening.has(socket));
    },
    START_TIMEOUT_MS,
  );
  return daemon;
}

function configurationIn(home: string): string {
  return `primary_hostname = mail.lab.test
spool_directory = ${home}
log_file_path = ${home}/%slog
pid_file_path = ${home}/exim.pid
daemon_smtp_ports = 25 : ${REFUSING_PORT}
local_interfaces = <; ${DC.v4} ; ${DC.v6}
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = ${home}/self-signed.pem
tls_privatekey = ${home}/key.pem
acl_smtp_connect = at_the_door
acl_smtp_rcpt = nobody
begin acl
at_the_door:
  deny condition = \${if eq{$received_port}{${REFUSING_PORT}}}
       message = Nobody is served here
  accept
nobody:
  deny
begin routers
begin transports
`;
}
