/** TigerVNC on an address of its own beside the domain controller. It counts who connects and does not log on. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onLan } from "./addresses.ts";
import { hasEnded, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

export const TIGERVNC = onLan(37);

/** The sixth connection of an address that never logged on is refused. */
export const FAILURES_BORNE = 5;

const START_TIMEOUT_MS = 10_000;

/** "secret77" as tigervncpasswd writes it: nobody ever logs on. */
const PASSWORD_FILE = Uint8Array.of(0xf8, 0x7c, 0x7b, 0xce, 0xe1, 0xa7, 0x9d, 0x68);

export interface RunningTigervnc extends AsyncDisposable {
  /** How many connections it says that it took. */
  accepted(): Promise<number>;
}

/** Disposing of it ends the server and takes its address away. */
export async function startTigervnc({ dc }: Lab): Promise<RunningTigervnc> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-tigervnc-"));
  await writeFile(`${folder}/password`, PASSWORD_FILE, { mode: 0o600 });
  const ip = (words: string) => runOk(inside(dc, ["ip", "addr", ...words.split(" "), "dev", "lan"]));
  await ip(`add ${TIGERVNC.v4}/24`);
  // The lock file of a display is shared by all namespaces.
  const display = `:${1_000 + (process.pid % 50_000)}`;
  const security = ["-SecurityTypes", "VncAuth", "-PasswordFile", `${folder}/password`];
  const where = ["-rfbport", "5900", "-interface", TIGERVNC.v4, "-nolisten", "unix", "-nolisten", "tcp"];
  const argv = inside(dc, ["Xtigervnc", display, ...where, ...security]);
  const daemon = startDaemon("TigerVNC", argv, `${folder}/vnc.out`);
  const stop = async () => {
    if (!hasEnded(daemon)) {
      daemon.process.kill("SIGTERM");
      await once(daemon.process, "exit");
    }
    await ip(`del ${TIGERVNC.v4}/24`);
    await rm(folder, { recursive: true });
  };
  try {
    await untilReady(daemon, async () => (await listeners(dc)).has(`tcp/${TIGERVNC.v4}:5900`), START_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  const log = () => readFile(daemon.logFile, "utf8");
  return { accepted: async () => (await log()).split("accepted:").length - 1, [Symbol.asyncDispose]: stop };
}
