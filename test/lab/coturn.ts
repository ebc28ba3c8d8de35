/** coturn in three tempers, each on addresses of its own beside the domain controller, and an end to all of them. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AddressPair, onLan } from "./addresses.ts";
import { type Daemon, hasEnded, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

/** A server, where it lives, and what its configuration adds. */
export interface Coturn {
  readonly name: string;
  readonly address: AddressPair;
  readonly options: readonly string[];
}

/** As it comes: Binding for anybody, relaying for users. */
export const TURN: Coturn = { name: "turn", address: onLan(31), options: ["lt-cred-mech", "user=u:p"] };
/** Wants credentials even for Binding. */
export const SECURE_STUN: Coturn = {
  name: "secure",
  address: onLan(32),
  options: ["lt-cred-mech", "user=u:p", "secure-stun"],
};
/** Relays for anybody, and has no answer to Binding. */
export const OPEN_RELAY: Coturn = { name: "open", address: onLan(33), options: ["no-auth", "no-stun", "verbose"] };

const START_TIMEOUT_MS = 15_000;
const TLS_FILES = join(import.meta.dirname, "../fixtures/tls");

export interface RunningCoturn extends AsyncDisposable {
  /** Where this one writes what it does. */
  logOf(server: Coturn): string;
}

/** Starts them in the domain controller's namespace, with their addresses; disposing of it ends both. */
export async function startCoturn({ dc }: Lab, servers: readonly Coturn[]): Promise<RunningCoturn> {
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-coturn-"));
  const logOf = ({ name }: Coturn) => `${folder}/${name}.out`;
  const ip = (words: string) => runOk(inside(dc, ["ip", ...words.split(" ")]));
  const daemons: Daemon[] = [];
  const stop = async () => {
    for (const daemon of daemons) {
      if (hasEnded(daemon)) continue;
      daemon.process.kill("SIGTERM");
      await once(daemon.process, "exit");
    }
    for (const { address } of servers) {
      await ip(`addr del ${address.v4}/24 dev lan`);
      await ip(`addr del ${address.v6}/64 dev lan`);
    }
    await rm(folder, { recursive: true });
  };
  for (const { address } of servers) {
    await ip(`addr add ${address.v4}/24 dev lan`);
    await ip(`addr add ${address.v6}/64 dev lan nodad`);
  }
  try {
    for (const server of servers) {
      await writeFile(`${folder}/${server.name}.conf`, [...configuration(server, folder), ""].join("\n"));
      const argv = inside(dc, ["turnserver", "-c", `${folder}/${server.name}.conf`]);
      daemons.push(startDaemon(`coturn ${server.name}`, argv, logOf(server)));
    }
    for (const [at, { address }] of servers.entries()) {
      const wanted = ["udp", "tcp"].flatMap((transport) =>
        [address.v4, `[${address.v6}]`].flatMap((ip) => [`${transport}/${ip}:3478`, `tcp/${ip}:5349`]),
      );
      const ready = async () => {
        const listening = await listeners(dc);
        return wanted.every((socket) => listening.has(socket));
      };
      await untilReady(daemons[at]!, ready, START_TIMEOUT_MS);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { logOf, [Symbol.asyncDispose]: stop };
}

function configuration({ name, address, options }: Coturn, folder: string): readonly string[] {
  return [
    ...[address.v4, address.v6].flatMap((ip) => [`listening-ip=${ip}`, `relay-ip=${ip}`]),
    "realm=lab.test",
    "fingerprint",
    "no-cli",
    "no-dtls",
    `cert=${TLS_FILES}/self-signed.pem`,
    `pkey=${TLS_FILES}/key.pem`,
    "log-file=stdout",
    "simple-log",
    `userdb=${folder}/${name}.db`,
    `pidfile=${folder}/${name}.pid`,
    ...options,
  ];
}
