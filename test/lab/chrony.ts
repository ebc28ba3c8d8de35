/** chronyd as the NTP server beside the domain controller. It never touches the machine's clock. */
import { writeFile } from "node:fs/promises";
import { DC } from "./addresses.ts";
import { startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

const START_TIMEOUT_MS = 60_000;

export async function startChrony({ dc }: Lab, folder: string): Promise<void> {
  const configuration = [
    "local stratum 8",
    "allow all",
    `bindaddress ${DC.v4}`,
    `bindaddress ${DC.v6}`,
    "cmdport 0",
    "bindcmdaddress /",
    `pidfile ${folder}/chrony.pid`,
    `driftfile ${folder}/chrony.drift`,
    "user root",
    "",
  ];
  await writeFile(`${folder}/chrony.conf`, configuration.join("\n"));
  // -x: serve time without steering the clock.
  const argv = inside(dc, ["chronyd", "-x", "-d", "-f", `${folder}/chrony.conf`]);
  const daemon = startDaemon("chronyd", argv, `${folder}/chrony.out`);
  const sockets = [`udp/${DC.v4}:123`, `udp/[${DC.v6}]:123`];
  await untilReady(
    daemon,
    async () => {
      const listening = await listeners(dc);
      return sockets.every((socket) => listening.has(socket));
    },
    START_TIMEOUT_MS,
  );
}
