/** IPv4 addresses as four bytes, for the protocols that carry them inside their messages. */
import type { Reader, Writer } from "./bytes.ts";

export function encodeIpv4(writer: Writer, address: string): void {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (octets === undefined || octets.some((octet) => octet > 255)) {
    throw writer.unencodable(`${JSON.stringify(address)} as an IPv4 address`);
  }
  writer.bytes(Uint8Array.from(octets));
}

export function decodeIpv4(reader: Reader): string {
  return reader.bytes(4).join(".");
}
