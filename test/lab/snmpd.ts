/** net-snmp's agent: it takes version 3 of anybody, and version 2c of one community. */
import { mkdir, writeFile } from "node:fs/promises";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

export const COMMUNITY = "lab-read-only";

export async function startSnmpd({ namespace, address }: Machine, folder: string): Promise<Daemon> {
  const configuration = [
    `agentAddress udp:${address.v4}:161,udp6:[${address.v6}]:161`,
    `rocommunity ${COMMUNITY}`,
    `rocommunity6 ${COMMUNITY}`,
    "",
  ];
  await writeFile(`${folder}/snmpd.conf`, configuration.join("\n"));
  // Engine boots are kept here: two agents must not share them.
  const persistent = `${folder}/snmpd`;
  await mkdir(persistent, { recursive: true });
  const snmpd = `exec snmpd -f -Lo -C -c ${folder}/snmpd.conf -p ${folder}/snmpd.pid -I -smux`;
  const argv = inside(namespace, ["sh", "-c", `SNMP_PERSISTENT_DIR=${persistent} ${snmpd}`]);
  const daemon = startDaemon("snmpd", argv, `${folder}/snmpd.out`);
  await untilListening(daemon, namespace, [`udp/${address.v4}:161`, `udp/[${address.v6}]:161`]);
  return daemon;
}
