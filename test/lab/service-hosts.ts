/**
 * The machines of the documents, each an address of `addresses.ts` in one namespace, with the servers that live together
 * there. What Debian has no server of says what specifications print, or is a port that accepts and is silent.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { A_V_EDGE, UNITY } from "./addresses.ts";
import { type Daemon, endDaemon, startDaemon } from "./command.ts";
import { EDGE_TURN, startCoturn } from "./coturn.ts";
import { startExim } from "./exim.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";
import { startPrintedEdge, startPrintedServer } from "./printed.ts";
import { startSipServices } from "./sip-services.ts";
import { startSnmpd } from "./snmpd.ts";
import { connectionsTaken, startTigervnc } from "./tigervnc.ts";
import { startPsom, startWebServices } from "./web-services.ts";
import { startXrdp } from "./xrdp.ts";

/** SCCP, MSDTC and the failover node manager, which are asked for no more than an accept. */
const SILENT_PORTS = [2000, 3372, 3653];

export interface ServiceHosts {
  /** How many connections the VNC server says that it took. */
  vncConnections(): Promise<number>;
  stop(): Promise<void>;
}

/** All of them at once; resolves when each of them listens. */
export async function startServiceHosts(lab: Lab): Promise<ServiceHosts> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-services-"));
  const unity = { namespace: lab.services, address: UNITY };
  const vnc = startTigervnc(unity, folder);
  const others = [
    ...[
      startSipServices(lab, folder),
      startWebServices(lab, folder),
      startPsom(lab, "v4", folder),
      startPsom(lab, "v6", folder),
    ],
    ...[startCoturn(lab, EDGE_TURN, folder), startSnmpd(unity, folder), startExim(unity, folder)],
    ...[startXrdp(unity, folder), startPrintedServer(unity, folder), startSilentPorts(lab, folder)],
    startPrintedEdge({ ...unity, address: A_V_EDGE }, folder),
  ];
  const settled = await Promise.allSettled([vnc, ...others]);
  const daemons = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async () => {
    await Promise.all(daemons.map(endDaemon));
    await rm(folder, { recursive: true });
  };
  const failure = settled.find((one) => one.status === "rejected");
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  return { stop, vncConnections: async () => connectionsTaken(await vnc) };
}

async function startSilentPorts({ services }: Lab, folder: string): Promise<Daemon> {
  const script = join(import.meta.dirname, "port-opener.ts");
  const argv = [process.execPath, "--import", "tsx", script, JSON.stringify(SILENT_PORTS)];
  const daemon = startDaemon("the silent ports", inside(services, argv), `${folder}/silent.out`);
  await untilListening(
    daemon,
    services,
    SILENT_PORTS.map((port) => `tcp/*:${port}`),
  );
  return daemon;
}
