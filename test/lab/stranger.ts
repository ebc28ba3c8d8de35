/**
 * The stranger of `addresses.ts`. The kernel redirects the ports that an address serves to `stranger-server.ts`; all
 * other ports of the machine are closed by the kernel itself.
 */
import { join } from "node:path";
import {
  ACCEPTS_ALL,
  type AddressPair,
  CLOSES,
  DEAF,
  LDAPS_FRONTS,
  RESETS,
  SILENT,
  SSH_BANNER,
  WEB_SERVER,
} from "./addresses.ts";
import { runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";
import { ROWS } from "./rows.ts";

/** Where the server listens for connections that are redirected to it. */
export const LISTENER = { silent: 8001, web: 8002, sshBanner: 8003, closes: 8004, resets: 8005 } as const;

const START_TIMEOUT_MS = 15_000;

export async function startStranger({ stranger }: Lab, folder: string): Promise<void> {
  await runOk(inside(stranger, ["nft", "-f", "-"]), { input: [...redirections(), ""].join("\n") });
  const server = join(import.meta.dirname, "stranger-server.ts");
  const argv = inside(stranger, [process.execPath, "--import", "tsx", server]);
  const daemon = startDaemon("the stranger's server", argv, `${folder}/stranger.out`);
  const ports = [...Object.values(LISTENER), ...LDAPS_FRONTS.map(({ listenPort }) => listenPort)];
  await untilReady(
    daemon,
    async () => {
      const listening = await listeners(stranger);
      return ports.every((port) => listening.has(`tcp/*:${port}`));
    },
    START_TIMEOUT_MS,
  );
}

function redirections(): readonly string[] {
  const tcpPorts = ROWS.filter(({ transport }) => transport === "tcp").map(({ ports }) => ports);
  const ofProfile = `tcp dport { ${tcpPorts.join(", ")} }`;
  return [
    "add table inet stranger",
    "add chain inet stranger arrival { type nat hook prerouting priority dstnat; }",
    "add chain inet stranger input { type filter hook input priority filter; }",
    // Neighbour discovery is left alone.
    ...toward(DEAF, "input", "meta l4proto { tcp, udp } drop"),
    ...toward(ACCEPTS_ALL, "arrival", `tcp dport 1-65535 redirect to :${LISTENER.silent}`),
    ...toward(WEB_SERVER, "arrival", `${ofProfile} redirect to :${LISTENER.web}`),
    ...toward(SSH_BANNER, "arrival", `${ofProfile} redirect to :${LISTENER.sshBanner}`),
    ...toward(SILENT, "arrival", `${ofProfile} redirect to :${LISTENER.silent}`),
    ...toward(CLOSES, "arrival", `${ofProfile} redirect to :${LISTENER.closes}`),
    ...toward(RESETS, "arrival", `${ofProfile} redirect to :${LISTENER.resets}`),
    ...LDAPS_FRONTS.flatMap(({ address, listenPort }) =>
      toward(address, "arrival", `tcp dport 636 redirect to :${listenPort}`),
    ),
  ];
}

function toward({ v4, v6 }: AddressPair, chain: string, rule: string): readonly string[] {
  return [`ip daddr ${v4}`, `ip6 daddr ${v6}`].map((to) => `add rule inet stranger ${chain} ${to} ${rule}`);
}
