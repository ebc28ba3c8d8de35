/** Far ends that Debian has no server of; `printed-server.ts` says what specifications and others printed. */
import { join } from "node:path";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

/** SQL Server on 1433 with its browser, and Exchange routing on 691. IPv4 only. */
export async function startPrintedServer({ namespace, address }: Machine, folder: string): Promise<Daemon> {
  const script = join(import.meta.dirname, "printed-server.ts");
  const argv = inside(namespace, [process.execPath, "--import", "tsx", script, address.v4]);
  const daemon = startDaemon("the printed server", argv, `${folder}/printed.out`);
  const sockets = ["tcp/1433", "tcp/691", "udp/1434"].map((port) => port.replace("/", `/${address.v4}:`));
  await untilListening(daemon, namespace, sockets);
  return daemon;
}
