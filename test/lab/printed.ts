/** Far ends that Debian has no server of; `printed-server.ts` and `printed-edge-server.ts` say what was printed. */
import { join } from "node:path";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

/** SQL Server on 1433 with its browser, and Exchange routing on 691. IPv4 only. */
export function startPrintedServer(machine: Machine, folder: string): Promise<Daemon> {
  return start("printed-server", machine, ["tcp/1433", "tcp/691", "udp/1434"], folder);
}

/** The A/V Edge of OCS on 443 and 3478. IPv4 only. */
export function startPrintedEdge(machine: Machine, folder: string): Promise<Daemon> {
  return start("printed-edge-server", machine, ["tcp/443", "udp/3478"], folder);
}

async function start(
  name: string,
  { namespace, address }: Machine,
  ports: readonly string[],
  folder: string,
): Promise<Daemon> {
  const script = join(import.meta.dirname, `${name}.ts`);
  const argv = inside(namespace, [process.execPath, "--import", "tsx", script, address.v4]);
  const daemon = startDaemon(name, argv, `${folder}/${name}.out`);
  const sockets = ports.map((port) => port.replace("/", `/${address.v4}:`));
  await untilListening(daemon, namespace, sockets);
  return daemon;
}
