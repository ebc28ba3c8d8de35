/** `struct sockaddr_in` and `struct sockaddr_in6`: the form in which the kernel takes and gives addresses. */
import { isIPv6 } from "node:net";
import type { Block } from "./arena.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Native } from "./native.ts";
import { AF_INET, AF_INET6, SOCKET_ADDRESS_BYTES, type Sys } from "./sys.ts";

const IPV4_BYTES = 16;
const IPV4_ADDRESS_AT = 4;
const IPV6_ADDRESS_AT = 8;
const IPV6_SCOPE_AT = 24;

export type Family = 4 | 6;

export function familyOf(address: string): Family {
  return isIPv6(address) ? 6 : 4;
}

export function domainOf(family: Family): number {
  return family === 6 ? AF_INET6 : AF_INET;
}

/** The address that means "any of mine". */
export function wildcardOf(family: Family): string {
  return family === 6 ? "::" : "0.0.0.0";
}

/** Writes an endpoint at an offset of the block. Gives the length of what was written, or 0 for what is no address. */
export function writeSocketAddress({ sys }: Native, block: Block, offset: number, { address, port }: Endpoint): number {
  const family = familyOf(address);
  const [text = "", zone] = address.split("%");
  const length = family === 6 ? SOCKET_ADDRESS_BYTES : IPV4_BYTES;
  block.bytes.fill(0, offset, offset + length);
  block.data.setUint16(offset, domainOf(family), true);
  block.data.setUint16(offset + 2, port, false);
  const at = offset + (family === 6 ? IPV6_ADDRESS_AT : IPV4_ADDRESS_AT);
  if (sys.inetPton(domainOf(family), text, block.at + at) !== 1) return 0;
  if (zone !== undefined) block.data.setUint32(offset + IPV6_SCOPE_AT, scopeOf(sys, zone), true);
  return length;
}

/** Reads an endpoint from an offset of the block. Undefined for an address that is neither IPv4 nor IPv6. */
export function readSocketAddress({ sys, text }: Native, block: Block, offset: number): Endpoint | undefined {
  const domain = block.data.getUint16(offset, true);
  const port = block.data.getUint16(offset + 2, false);
  if (domain === AF_INET) return { address: sys.inetNtop(domain, block.at + offset + IPV4_ADDRESS_AT, text.at), port };
  if (domain !== AF_INET6) return undefined;
  const address = sys.inetNtop(domain, block.at + offset + IPV6_ADDRESS_AT, text.at);
  const scope = block.data.getUint32(offset + IPV6_SCOPE_AT, true);
  return { address: scope === 0 ? address : `${address}%${sys.ifIndexToName(scope, text.at)}`, port };
}

/** The bytes of an IP address, as they stand in a packet. */
export function addressBytes(native: Native, address: string): Uint8Array {
  writeSocketAddress(native, native.address, 0, { address, port: 0 });
  const [at, length] = familyOf(address) === 6 ? [IPV6_ADDRESS_AT, 16] : [IPV4_ADDRESS_AT, 4];
  return native.address.bytes.slice(at, at + length);
}

/** A zone is the name of an interface or its number (RFC 4007 section 11.2). */
function scopeOf(sys: Sys, zone: string): number {
  return /^\d+$/.test(zone) ? Number(zone) : sys.ifNameToIndex(zone);
}
