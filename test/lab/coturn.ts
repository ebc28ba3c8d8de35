/** coturn in several tempers, each on an address of its own. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AddressPair, EDGE, OPEN_RELAY_SERVER, STRICT_STUN_SERVER, STUN_SERVER } from "./addresses.ts";
import { type Daemon, startDaemon } from "./command.ts";
import { inside, type Lab, untilListening } from "./namespaces.ts";

/** A server, where it lives, and what its configuration adds. It answers at port 3478, and inside TLS at another one. */
export interface Coturn {
  readonly name: string;
  readonly address: AddressPair;
  readonly tlsPort: number;
  readonly options: readonly string[];
}

/** As it comes: Binding for anybody, relaying for users. */
export const TURN: Coturn = {
  ...{ name: "turn", address: STUN_SERVER, tlsPort: 5349 },
  options: ["lt-cred-mech", "user=u:p"],
};
/** Wants credentials even for Binding. */
export const SECURE_STUN: Coturn = {
  ...{ name: "secure", address: STRICT_STUN_SERVER, tlsPort: 5349 },
  options: ["lt-cred-mech", "user=u:p", "secure-stun"],
};
/** Relays for anybody, and has no answer to Binding. */
export const OPEN_RELAY: Coturn = {
  ...{ name: "open", address: OPEN_RELAY_SERVER, tlsPort: 5349 },
  options: ["no-auth", "no-stun", "verbose"],
};
/** Beside the other servers of an Edge Server. */
export const EDGE_TURN: Coturn = { ...SECURE_STUN, name: "edge", address: EDGE, tlsPort: 443 };

const TLS_FILES = join(import.meta.dirname, "../fixtures/tls");

export async function startCoturn({ services }: Lab, server: Coturn, folder: string): Promise<Daemon> {
  const { name, address, tlsPort } = server;
  const file = `${folder}/${name}.conf`;
  await writeFile(file, [...configuration(server, folder), ""].join("\n"));
  const argv = inside(services, ["turnserver", "-c", file]);
  const daemon = startDaemon(`coturn ${name}`, argv, `${folder}/${name}.out`);
  const sockets = [address.v4, `[${address.v6}]`].flatMap((ip) => [
    ...["udp", "tcp"].map((transport) => `${transport}/${ip}:3478`),
    `tcp/${ip}:${tlsPort}`,
  ]);
  await untilListening(daemon, services, sockets);
  return daemon;
}

function configuration({ name, address, tlsPort, options }: Coturn, folder: string): readonly string[] {
  return [
    ...[address.v4, address.v6].flatMap((ip) => [`listening-ip=${ip}`, `relay-ip=${ip}`]),
    `tls-listening-port=${tlsPort}`,
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
