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
import { runOk, startDaemon } from "./command.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";
import { ROWS } from "./rows.ts";

/** Where the server listens for connections that are redirected to it. */
export const LISTENER = { silent: 8001, web: 8002, sshBanner: 8003, closes: 8004, resets: 8005 } as const;
/** The same over UDP: answers whatever comes with the line that an SSH server says first. */
export const SSH_BANNER_UDP_LISTENER = 8006;

/** Ports of the other shipped profiles, beside those of `rows.ts`. */
const FURTHER_TCP_PORTS = [
  ...["25", "53", "80", "443-444", "691", "1433", "1503", "1801", "2000", "2443", "3268-3269", "3372", "3389", "3478"],
  ...["3653", "5041", "5060-5074", "5900", "8010-8011", "8057", "8404", "8443"],
];
/** Of these the one with the banner has a server over UDP too. */
const FURTHER_UDP_PORTS = ["53", "161", "1434", "3478", "5060-5061"];

export async function startStranger({ stranger }: Lab, folder: string): Promise<void> {
  await runOk(inside(stranger, ["nft", "-f", "-"]), { input: [...redirections(), ""].join("\n") });
  const server = join(import.meta.dirname, "stranger-server.ts");
  const argv = inside(stranger, [process.execPath, "--import", "tsx", server]);
  const daemon = startDaemon("the stranger's server", argv, `${folder}/stranger.out`);
  const ports = [...Object.values(LISTENER), ...LDAPS_FRONTS.map(({ listenPort }) => listenPort)];
  const sockets = [...ports.map((port) => `tcp/*:${port}`), `udp/*:${SSH_BANNER_UDP_LISTENER}`];
  await untilListening(daemon, stranger, sockets);
}

function redirections(): readonly string[] {
  const tcpPorts = ROWS.filter(({ transport }) => transport === "tcp").map(({ ports }) => ports);
  const ofProfiles = `tcp dport { ${[...tcpPorts, ...FURTHER_TCP_PORTS].join(", ")} }`;
  const udpOfProfiles = `udp dport { ${FURTHER_UDP_PORTS.join(", ")} }`;
  return [
    "add table inet stranger",
    "add chain inet stranger arrival { type nat hook prerouting priority dstnat; }",
    "add chain inet stranger input { type filter hook input priority filter; }",
    // Neighbour discovery is left alone.
    ...toward(DEAF, "input", "meta l4proto { tcp, udp } drop"),
    ...toward(ACCEPTS_ALL, "arrival", `tcp dport 1-65535 redirect to :${LISTENER.silent}`),
    ...toward(WEB_SERVER, "arrival", `${ofProfiles} redirect to :${LISTENER.web}`),
    ...toward(SSH_BANNER, "arrival", `${ofProfiles} redirect to :${LISTENER.sshBanner}`),
    ...toward(SSH_BANNER, "arrival", `${udpOfProfiles} redirect to :${SSH_BANNER_UDP_LISTENER}`),
    ...toward(SILENT, "arrival", `${ofProfiles} redirect to :${LISTENER.silent}`),
    ...toward(CLOSES, "arrival", `${ofProfiles} redirect to :${LISTENER.closes}`),
    ...toward(RESETS, "arrival", `${ofProfiles} redirect to :${LISTENER.resets}`),
    ...LDAPS_FRONTS.flatMap(({ address, listenPort }) =>
      toward(address, "arrival", `tcp dport 636 redirect to :${listenPort}`),
    ),
  ];
}

function toward({ v4, v6 }: AddressPair, chain: string, rule: string): readonly string[] {
  return [`ip daddr ${v4}`, `ip6 daddr ${v6}`].map((to) => `add rule inet stranger ${chain} ${to} ${rule}`);
}
