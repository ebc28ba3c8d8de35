/**
 * Protocol towers (C706 appendix L): how the endpoint mapper says where an interface lives, one floor for each layer,
 * the interface itself on top. Floors are kept as they are, so that a tower over a network that nobody remembers does
 * no harm; `towerBinding` reads those that lead somewhere today. Inside a tower all numbers are little-endian save
 * ports and addresses, whatever the data representation of the message around it.
 */
import { latin1Text, Reader, Writer } from "./bytes.ts";
import type { Syntax } from "./dcerpc-bind.ts";
import { decodeIpv4, encodeIpv4 } from "./ipv4.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

/** Real towers have five or six floors. */
const MAX_FLOORS = 16;

/** Protocol identifiers, the first octet of a floor's left side (C706 appendix I, MS-RPCE section 2.2.1.2). */
export const FLOOR = {
  tcp: 0x07,
  udp: 0x08,
  ip: 0x09,
  connectionless: 0x0a,
  connectionOriented: 0x0b,
  local: 0x0c,
  uuid: 0x0d,
  smbPipe: 0x0f,
  localEndpoint: 0x10,
  netbios: 0x11,
  http: 0x1f,
} as const;

export interface Floor {
  readonly protocol: number;
  /** The left side behind the protocol identifier: the UUID and major version of a `FLOOR.uuid`. */
  readonly identifier: Uint8Array;
  /** The right side: a port, an address, a name, a minor version. */
  readonly data: Uint8Array;
}

/** What a tower says. */
export interface TowerBinding {
  readonly interface: Syntax;
  readonly transferSyntax: Syntax;
  readonly protocolSequence: ProtocolSequence;
  /** For protocol sequences over TCP or UDP. */
  readonly port?: number;
  /** IPv4 as announced: often 0.0.0.0, or that of another card. */
  readonly address?: string;
  /** For pipes and local endpoints: their name. */
  readonly endpoint?: string;
}

/** Names of MS-RPCE section 2.1. */
export type ProtocolSequence = "ncacn_ip_tcp" | "ncadg_ip_udp" | "ncacn_np" | "ncalrpc" | "ncacn_http";

export function encodeTower(floors: readonly Floor[]): Uint8Array {
  const writer = new Writer().u16(floors.length, "le");
  for (const { protocol, identifier, data } of floors) {
    writer
      .u16(1 + identifier.length, "le")
      .u8(protocol)
      .bytes(identifier);
    writer.u16(data.length, "le").bytes(data);
  }
  return writer.finish();
}

/** Reads the floors of a tower; octets behind them are passed over. */
export function decodeTower(reader: Reader): readonly Floor[] {
  const count = reader.u16("le");
  if (count > MAX_FLOORS) throw reader.error("limit", `a tower of ${count} floors`);
  const floors: Floor[] = [];
  for (let index = 0; index < count; index++) {
    const left = reader.sub(reader.u16("le"));
    const protocol = left.u8();
    floors.push({ protocol, identifier: left.rest(), data: reader.bytes(reader.u16("le")) });
  }
  return floors;
}

/** The tower of an interface in NDR that listens on a TCP port. */
export function tcpTower(syntax: Syntax, transferSyntax: Syntax, port: number, address = "0.0.0.0"): readonly Floor[] {
  const empty = new Uint8Array();
  const network = new Writer();
  encodeIpv4(network, address);
  return [
    syntaxFloor(syntax),
    syntaxFloor(transferSyntax),
    { protocol: FLOOR.connectionOriented, identifier: empty, data: new Uint8Array(2) },
    { protocol: FLOOR.tcp, identifier: empty, data: new Writer().u16(port, "be").finish() },
    { protocol: FLOOR.ip, identifier: empty, data: network.finish() },
  ];
}

/** What a tower says, or undefined where its protocols are none that is known here. */
export function towerBinding(floors: readonly Floor[]): TowerBinding | undefined {
  const [first, second, rpc, transport, network] = floors;
  const syntax = first && floorSyntax(first);
  const transferSyntax = second && floorSyntax(second);
  const protocolSequence = rpc && transport && SEQUENCES.get(pair(rpc.protocol, transport.protocol));
  if (!syntax || !transferSyntax || !protocolSequence) return undefined;
  const binding = { interface: syntax, transferSyntax, protocolSequence };
  if (protocolSequence === "ncacn_np" || protocolSequence === "ncalrpc") {
    return { ...binding, endpoint: latin1Text(transport.data).replace(/\0.*$/s, "") };
  }
  if (transport.data.length !== 2) return undefined;
  const port = new Reader(transport.data).u16("be");
  if (network?.protocol !== FLOOR.ip || network.data.length !== 4) return { ...binding, port };
  return { ...binding, port, address: decodeIpv4(new Reader(network.data)) };
}

const SEQUENCES: ReadonlyMap<number, ProtocolSequence> = new Map([
  [pair(FLOOR.connectionOriented, FLOOR.tcp), "ncacn_ip_tcp"],
  [pair(FLOOR.connectionless, FLOOR.udp), "ncadg_ip_udp"],
  [pair(FLOOR.connectionOriented, FLOOR.smbPipe), "ncacn_np"],
  [pair(FLOOR.local, FLOOR.localEndpoint), "ncalrpc"],
  [pair(FLOOR.connectionOriented, FLOOR.http), "ncacn_http"],
]);

function pair(rpc: number, transport: number): number {
  return (rpc << 8) | transport;
}

function syntaxFloor({ uuid, major, minor }: Syntax): Floor {
  const identifier = new Writer();
  encodeUuid(identifier, uuid, "le");
  return {
    protocol: FLOOR.uuid,
    identifier: identifier.u16(major, "le").finish(),
    data: new Writer().u16(minor, "le").finish(),
  };
}

function floorSyntax({ protocol, identifier, data }: Floor): Syntax | undefined {
  if (protocol !== FLOOR.uuid || identifier.length !== 18 || data.length !== 2) return undefined;
  const reader = new Reader(identifier);
  const uuid = decodeUuid(reader, "le");
  return { uuid, major: reader.u16("le"), minor: new Reader(data).u16("le") };
}
