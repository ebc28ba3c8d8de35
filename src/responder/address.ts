/** Addresses as both ends compare them. */

/** An IPv4 address that a socket of both families shows as `::ffff:10.0.0.1`, without that prefix. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}

/**
 * Our own address as the far end sees it, in our own words where it is ours: the zone of a link-local address is a name
 * of each machine's own (RFC 4007 section 6), and another one is no translation.
 */
export function seenHere(seenAs: string, local: string): string {
  return withoutZone(seenAs) === withoutZone(local) ? local : seenAs;
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/s, "");
}
