/** TigerVNC. It counts who connects and does not log on. */
import { readFile, writeFile } from "node:fs/promises";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Machine, untilListening } from "./namespaces.ts";

/** The sixth connection of an address that never logged on is refused. */
export const FAILURES_BORNE = 5;

/** "secret77" as tigervncpasswd writes it: nobody ever logs on. */
const PASSWORD_FILE = Uint8Array.of(0xf8, 0x7c, 0x7b, 0xce, 0xe1, 0xa7, 0x9d, 0x68);

/** IPv4 only. */
export async function startTigervnc({ namespace, address }: Machine, folder: string): Promise<Daemon> {
  await writeFile(`${folder}/vnc-password`, PASSWORD_FILE, { mode: 0o600 });
  // The lock file of a display is shared by all namespaces.
  const display = `:${1_000 + (process.pid % 50_000)}`;
  const security = ["-SecurityTypes", "VncAuth", "-PasswordFile", `${folder}/vnc-password`];
  const where = ["-rfbport", "5900", "-interface", address.v4, "-nolisten", "unix", "-nolisten", "tcp"];
  const argv = inside(namespace, ["Xtigervnc", display, ...where, ...security]);
  const daemon = startDaemon("TigerVNC", argv, `${folder}/vnc.out`);
  await untilListening(daemon, namespace, [`tcp/${address.v4}:5900`]);
  return daemon;
}

/** How many connections it says that it took. */
export async function connectionsTaken({ logFile }: Daemon): Promise<number> {
  return (await readFile(logFile, "utf8")).split("accepted:").length - 1;
}
