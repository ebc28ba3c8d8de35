/** A box on the way that answers by itself: the router redirects what the agent sends to servers of its own. */
import { type Daemon, startDaemon } from "./command.ts";
import type { Firewall } from "./firewall.ts";
import { inside, type Lane, untilListening } from "./namespaces.ts";

/** Where the box's servers listen, by what they do with a connection; the echo is there over UDP too. */
export const MIDDLE_BOX = { accepts: 9_001, closes: 9_002, echoes: 9_003, replays: 9_004 } as const;

export async function startMiddleBox({ router }: Lane, logFile: string): Promise<Daemon> {
  const argv = [process.execPath, "--import", "tsx", "test/lab/middle-box-server.ts"];
  const daemon = startDaemon("a box on the way", inside(router, argv), logFile);
  const tcp = Object.values(MIDDLE_BOX).map((port) => `tcp/*:${port}`);
  await untilListening(daemon, router, [...tcp, `udp/*:${MIDDLE_BOX.echoes}`]);
  return daemon;
}

/** What the agent sends over these transports ends at the box; unless `all` is said, a responder's control channel does not. */
export function endsAtMiddleBox(port: number, transports: readonly ("tcp" | "udp")[], all?: "all"): Firewall {
  return [
    "add chain inet lab arrival { type nat hook prerouting priority dstnat; }",
    ...(all === "all" ? [] : ['add rule inet lab arrival iifname "agent" tcp dport 7654 accept']),
    ...transports.map((over) => `add rule inet lab arrival iifname "agent" meta l4proto ${over} redirect to :${port}`),
  ];
}
