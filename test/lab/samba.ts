/** Samba as an Active Directory domain controller, provisioned afresh into a folder of the lab. */
import { mkdir, writeFile } from "node:fs/promises";
import { DC } from "./addresses.ts";
import { run, runOk, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

/** The ports of the dynamic range that this Samba takes, the lowest three. */
export const RPC_PORTS = [5000, 5001, 5002] as const;

const PROVISION_TIMEOUT_MS = 180_000;
const START_TIMEOUT_MS = 90_000;

/**
 * Provisions and starts the domain controller; resolves when every port of the profile listens on both addresses and
 * the NetBIOS names are registered.
 */
export async function startSamba({ dc }: Lab, folder: string): Promise<void> {
  const runFolder = `${folder}/run`;
  await mkdir(runFolder, { recursive: true });
  // libwbclient has this path compiled in; the bind mount gives each Samba of the machine a folder of its own.
  await mkdir("/run/samba", { recursive: true });
  const withOwnRun = (command: string) =>
    inside(dc, ["sh", "-c", `mount --bind ${runFolder} /run/samba && exec ${command}`]);
  await runOk(withOwnRun(provisionCommand(folder)), { timeoutMs: PROVISION_TIMEOUT_MS });
  // Provision copies the machine's own smb.conf where there is one, so a plain one takes its place.
  await writeFile(`${folder}/smb.conf`, smbConf(folder));
  const command = `samba --foreground --no-process-group --configfile=${folder}/smb.conf`;
  const daemon = startDaemon("samba", withOwnRun(command), `${folder}/samba.out`);
  await untilReady(daemon, () => isListening(dc), START_TIMEOUT_MS);
  await untilReady(daemon, () => bearsItsName(dc), START_TIMEOUT_MS);
}

function provisionCommand(folder: string): string {
  return [
    `samba-tool domain provision --targetdir=${folder} --server-role=dc --dns-backend=SAMBA_INTERNAL`,
    `--realm=LAB.TEST --domain=LAB --host-name=dc01 --host-ip=${DC.v4} --host-ip6=${DC.v6}`,
    // Nobody ever logs on; it only has to satisfy the domain's rules.
    "--adminpass=Lab-Passw0rd.77",
    "--option='interfaces=lo lan' --option='bind interfaces only=yes'",
  ].join(" ");
}

function smbConf(folder: string): string {
  return `[global]
  netbios name = DC01
  realm = LAB.TEST
  workgroup = LAB
  server role = active directory domain controller
  server services = -dnsupdate
  interfaces = lo lan
  bind interfaces only = yes
  rpc server dynamic port range = 5000-5020
  private dir = ${folder}/private
  state directory = ${folder}/state
  cache directory = ${folder}/cache
  lock directory = ${folder}
  log file = ${folder}/log.samba
[sysvol]
  path = ${folder}/state/sysvol
  read only = no
[netlogon]
  path = ${folder}/state/sysvol/lab.test/scripts
  read only = no
`;
}

async function isListening(namespace: string): Promise<boolean> {
  const listening = await listeners(namespace);
  const both = ["53", "88", "464", "389"].flatMap((port) => [`tcp/${port}`, `udp/${port}`]);
  const tcp = [636, 3268, 3269, 139, 445, 135, ...RPC_PORTS].map((port) => `tcp/${port}`);
  const sockets = [...both, ...tcp].flatMap((port) => [socketOf(DC.v4, port), socketOf(`[${DC.v6}]`, port)]);
  // NetBIOS over UDP exists over IPv4 only.
  const netbios = ["udp/137", "udp/138"].map((port) => socketOf(DC.v4, port));
  return [...sockets, ...netbios].every((socket) => listening.has(socket));
}

/** Samba first asks around whether somebody else bears its NetBIOS name, which takes some seconds. */
async function bearsItsName(namespace: string): Promise<boolean> {
  const { stdout } = await run(inside(namespace, ["nmblookup", "--configfile=/dev/null", "-A", DC.v4]));
  return /^\s*DC01\s+<20>/m.test(stdout) && /^\s*LAB\s+<1b>/m.test(stdout);
}

/** `tcp/389` at an address, as `listeners` writes it. */
function socketOf(address: string, port: string): string {
  return port.replace("/", `/${address}:`);
}
