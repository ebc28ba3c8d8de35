/**
 * The banner of Exchange 2000 and 2003's routing engine (RESvc, port 691). Unverified: nobody has published the
 * protocol, and the form is the one that nmap's service probes match. What its numbers count is not known.
 */
import { latin1Text, Reader, WireError, Writer } from "./bytes.ts";

/** The banner that nmap matches has about 80 bytes. */
const MAX_BANNER_BYTES = 512;

const BANNER =
  /^\{[\da-f]{1,8}\} NODEINFO \(\d{1,5}\) \{[\da-f]{1,8}\}Version: (\d[-.\w ]{0,63}) Microsoft Routing Server ready\r\n$/;

export interface RoutingBanner {
  readonly version: string;
}

/** Length of the banner with its line end, or undefined while that has not come. Throws where none can come any more. */
export function routingBannerLength(buffered: Uint8Array): number | undefined {
  if (buffered.length > 0 && buffered[0] !== 0x7b) throw new WireError("malformed", "not a routing banner", 0);
  const end = buffered.indexOf(0x0a);
  if (end >= MAX_BANNER_BYTES || (end === -1 && buffered.length >= MAX_BANNER_BYTES)) {
    throw new WireError("limit", `a line of more than ${MAX_BANNER_BYTES} bytes`, 0);
  }
  return end === -1 ? undefined : end + 1;
}

/** Writes the numbers that nmap's pattern has. */
export function encodeRoutingBanner({ version }: RoutingBanner): Uint8Array {
  const text = `{0000004c} NODEINFO (5) {38}Version: ${version} Microsoft Routing Server ready\r\n`;
  if (!BANNER.test(text)) throw new WireError("unencodable", `cannot write the version ${JSON.stringify(version)}`, 0);
  return new Writer().ascii(text).finish();
}

/** Decodes exactly one banner. */
export function decodeRoutingBanner(bytes: Uint8Array): RoutingBanner {
  const length = routingBannerLength(bytes);
  if (length === undefined) throw new WireError("truncated", "half a routing banner", bytes.length);
  const version = BANNER.exec(latin1Text(bytes.subarray(0, length)))?.[1];
  if (version === undefined) throw new WireError("malformed", "not a routing banner", 0);
  new Reader(bytes, length).expectEnd("the routing banner");
  return { version };
}
