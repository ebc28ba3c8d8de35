/** Addresses and blocks of addresses (CIDR, RFC 4632), and whom they let speak to a responder: `--allow`. */
import { BlockList, type IPVersion, isIP } from "node:net";

export interface Block {
  readonly address: string;
  /** Of the address that all of the block share. */
  readonly bits: number;
  readonly family: IPVersion;
}

/** `10.10.4.0/24`, or an address alone; undefined for anything else. */
export function parseBlock(word: string): Block | undefined {
  const [address = "", prefix, ...more] = word.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const bits = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || more.length > 0 || !(bits <= most)) return undefined;
  return { address, bits, family: family === 6 ? "ipv6" : "ipv4" };
}

/** What a list of addresses and CIDR blocks lets in; the first word that is neither. An empty list lets all in. */
export function allowedBy(
  words: readonly string[],
): { readonly allows: (address: string) => boolean } | { readonly wrong: string } {
  const list = new BlockList();
  for (const word of words) {
    const block = parseBlock(word);
    if (block === undefined) return { wrong: word };
    list.addSubnet(block.address, block.bits, block.family);
  }
  if (words.length === 0) return { allows: () => true };
  return { allows: (address) => list.check(address.split("%")[0]!, isIP(address) === 6 ? "ipv6" : "ipv4") };
}
