/** xrdp without its session manager, on an address of its own beside the domain controller: enough for X.224 and TLS. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onLan } from "./addresses.ts";
import { hasEnded, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

export const XRDP = onLan(36);

const START_TIMEOUT_MS = 10_000;
const TLS_FILES = join(import.meta.dirname, "../fixtures/tls");

/** Disposing of it ends the server and takes its address away. */
export async function startXrdp({ dc }: Lab): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-xrdp-"));
  await writeFile(`${folder}/xrdp.ini`, configuration(await readFile("/etc/xrdp/xrdp.ini", "utf8"), folder));
  const ip = (words: string) => runOk(inside(dc, ["ip", "addr", ...words.split(" "), "dev", "lan"]));
  await ip(`add ${XRDP.v4}/24`);
  const daemon = startDaemon(
    "xrdp",
    inside(dc, ["xrdp", "--nodaemon", "-c", `${folder}/xrdp.ini`]),
    `${folder}/xrdp.out`,
  );
  const stop = async () => {
    if (!hasEnded(daemon)) {
      daemon.process.kill("SIGTERM");
      await once(daemon.process, "exit");
    }
    await ip(`del ${XRDP.v4}/24`);
    await rm(folder, { recursive: true });
  };
  try {
    await untilReady(daemon, async () => (await listeners(dc)).has(`tcp/${XRDP.v4}:3389`), START_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}

/** Debian's own, with another address, certificate and log. */
function configuration(debian: string, folder: string): string {
  return debian
    .replace(/^port=.*$/m, `port=tcp://${XRDP.v4}:3389`)
    .replace(/^certificate=.*$/m, `certificate=${TLS_FILES}/self-signed.pem`)
    .replace(/^key_file=.*$/m, `key_file=${TLS_FILES}/key.pem`)
    .replace(/^LogFile=.*$/m, `LogFile=${folder}/xrdp.log`)
    .replace(/^EnableSyslog=.*$/m, "EnableSyslog=false");
}
