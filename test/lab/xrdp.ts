/** xrdp without its session manager: enough for X.224 and TLS. IPv4 only. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

const TLS_FILES = join(import.meta.dirname, "../fixtures/tls");

export async function startXrdp({ namespace, address }: Machine, folder: string): Promise<Daemon> {
  const ini = `${folder}/xrdp.ini`;
  await writeFile(ini, configuration(await readFile("/etc/xrdp/xrdp.ini", "utf8"), address.v4, folder));
  const argv = inside(namespace, ["xrdp", "--nodaemon", "-c", ini]);
  const daemon = startDaemon("xrdp", argv, `${folder}/xrdp.out`);
  await untilListening(daemon, namespace, [`tcp/${address.v4}:3389`]);
  return daemon;
}

/** Debian's own, with another address, certificate and log. */
function configuration(debian: string, address: string, folder: string): string {
  return debian
    .replace(/^port=.*$/m, `port=tcp://${address}:3389`)
    .replace(/^certificate=.*$/m, `certificate=${TLS_FILES}/self-signed.pem`)
    .replace(/^key_file=.*$/m, `key_file=${TLS_FILES}/key.pem`)
    .replace(/^LogFile=.*$/m, `LogFile=${folder}/xrdp.log`)
    .replace(/^EnableSyslog=.*$/m, "EnableSyslog=false");
}
