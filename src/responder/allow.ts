/** Which addresses may speak to a responder: `--allow`. */
import { BlockList, isIP } from "node:net";

/** What a list of addresses and CIDR blocks lets in; undefined with the first word that is neither. An empty list lets all in. */
export function allowedBy(
  words: readonly string[],
): { readonly allows: (address: string) => boolean } | { readonly wrong: string } {
  const list = new BlockList();
  for (const word of words) {
    const [address = "", prefix, ...more] = word.split("/");
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const bits = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === 0 || more.length > 0 || !(bits <= most)) return { wrong: word };
    list.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  }
  if (words.length === 0) return { allows: () => true };
  return { allows: (address) => list.check(address.split("%")[0]!, isIP(address) === 6 ? "ipv6" : "ipv4") };
}
