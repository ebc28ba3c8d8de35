/** exim as a mail server: with STARTTLS on port 25, and on another port as one who refuses. */
import { chmod, chown, copyFile, mkdir, writeFile } from "node:fs/promises";
import type { AddressPair } from "./addresses.ts";
import { type Daemon, runOk, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

/** Whoever comes here is sent away by the banner. */
export const REFUSING_PORT = 2525;

const TLS = "test/fixtures/tls";

export async function startExim({ namespace, address }: Machine, folder: string): Promise<Daemon> {
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
  await writeFile(`${folder}/exim.conf`, configurationIn(home, address), { mode: 0o644 });
  const argv = inside(namespace, ["exim4", "-C", `${folder}/exim.conf`, "-bdf"]);
  const daemon = startDaemon("exim", argv, `${folder}/exim.out`);
  const sockets = [25, REFUSING_PORT].flatMap((port) => [`tcp/${address.v4}:${port}`, `tcp/[${address.v6}]:${port}`]);
  await untilListening(daemon, namespace, sockets);
  return daemon;
}

function configurationIn(home: string, address: AddressPair): string {
  return `primary_hostname = mail.lab.test
spool_directory = ${home}
log_file_path = ${home}/%slog
pid_file_path = ${home}/exim.pid
daemon_smtp_ports = 25 : ${REFUSING_PORT}
local_interfaces = <; ${address.v4} ; ${address.v6}
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
