/** Addresses as both ends compare them. */

/** An IPv4 address that a socket of both families shows as `::ffff:10.0.0.1`, without that prefix. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
}
