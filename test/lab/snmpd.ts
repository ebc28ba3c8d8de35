/** net-snmp's agent beside the domain controller: it takes version 3 of anybody, and version 2c of one community. */
import { mkdir, writeFile } from "node:fs/promises";
import { DC } from "./addresses.ts";
import { type Daemon, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

export const COMMUNITY = "lab-read-only";

const START_TIMEOUT_MS = 10_000;

export async function startSnmpd({ dc }: Pick<Lab, "dc">, folder: string): Promise<Daemon> {
  const configuration = [
    `agentAddress udp:${DC.v4}:161,udp6:[${DC.v6}]:161`,
    `rocommunity ${COMMUNITY}`,
    `rocommunity6 ${COMMUNITY}`,
    "",
  ];
  await writeFile(`${folder}/snmpd.conf`, configuration.join("\n"));
  // Engine boots are kept here: two agents must not share them.
  const persistent = `${folder}/snmpd`;
  await mkdir(persistent, { recursive: true });
  const snmpd = `exec snmpd -f -Lo -C -c ${folder}/snmpd.conf -p ${folder}/snmpd.pid -I -smux`;
  const argv = inside(dc, ["sh", "-c", `SNMP_PERSISTENT_DIR=${persistent} ${snmpd}`]);
  const daemon = startDaemon("snmpd", argv, `${folder}/snmpd.out`);
  const sockets = [`udp/${DC.v4}:161`, `udp/[${DC.v6}]:161`];
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
