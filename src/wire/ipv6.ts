/** IPv6 addresses as sixteen bytes, for the protocols that carry them inside their messages. */
import { Reader, type Writer } from "./bytes.ts";

const GROUPS = 8;

/** Writes an address in any of the forms of RFC 4291 section 2.2, save those that end in an IPv4 address. */
export function encodeIpv6(writer: Writer, address: string): void {
  const halves = address.split("::");
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = GROUPS - head.length - tail.length;
  const whole = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0;
  if (!whole || ![...head, ...tail].every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    throw writer.unencodable(`${JSON.stringify(address)} as an IPv6 address`);
  }
  for (const group of [...head, ...Array<string>(missing).fill("0"), ...tail]) {
    writer.u16(Number.parseInt(group, 16), "be");
  }
}

/** Reads sixteen bytes as RFC 5952 writes them: lower case, the first longest run of zero groups left out. */
export function decodeIpv6(reader: Reader): string {
  const bytes = new Reader(reader.bytes(2 * GROUPS));
  const groups = Array.from({ length: GROUPS }, () => bytes.u16("be"));
  const run = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.at))}::${text(groups.slice(run.at + run.length))}`;
}

function longestZeros(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let longest = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > longest.length) longest = { at, length };
  }
  return longest;
}
