/** The domain in a host's name: where a row does not name one, that of the machine that is asked is the best guess. */

/** What follows the first label of a host's name; undefined for addresses and names of a single label. */
export function domainOf(host: string): string | undefined {
  const name = host.replace(/\.$/, "");
  const isAddress = name.includes(":") || /(^|\.)\d+$/.test(name);
  return isAddress ? undefined : /^[^.]+\.(.+)$/.exec(name)?.[1];
}
