/** Via (RFC 3261 section 20.42): the hops that a response goes back along, the nearest first. */
import { headerValues, type SipHeader } from "./sip-headers.ts";
import { formatSipParameters, type SipParameter, SipTextReader, splitSipList } from "./sip-text.ts";

export interface SipVia {
  /** `UDP`, `TCP`, `TLS`, or what else stands there. */
  readonly transport: string;
  /** A name or an address; IPv6 without its brackets. */
  readonly host: string;
  readonly port?: number;
  /** `branch`, `received`, `rport` and others, in their order. */
  readonly parameters: readonly SipParameter[];
}

/** Every hop of a message, from as many headers and commas as they are written with. */
export function viasOf(headers: readonly SipHeader[]): readonly SipVia[] {
  return headerValues(headers, "via").flatMap((value) => splitSipList(value).map(decodeVia));
}

/** One hop. */
export function decodeVia(text: string): SipVia {
  const reader = new SipTextReader(text);
  const protocol = reader.token("the protocol");
  reader.expect("/");
  const version = reader.token("the version");
  reader.expect("/");
  if (protocol.toUpperCase() !== "SIP" || version !== "2.0") throw reader.error(`a hop of ${protocol}/${version}`);
  const transport = reader.token("the transport");
  const host = reader.take("[") ? reader.until("]") : reader.run(/[^\s:;,"<>[\]]/, "the host");
  const port = reader.take(":") ? portOf(reader) : undefined;
  return { transport, host, ...(port === undefined ? {} : { port }), parameters: reader.parameters() };
}

function portOf(reader: SipTextReader): number {
  const port = Number(reader.run(/\d/, "the port"));
  if (port > 0xffff) throw reader.error(`the port ${port}`);
  return port;
}

/** The hop as a header's value. */
export function formatVia({ transport, host, port, parameters }: SipVia): string {
  const sentBy = `${bracketed(host)}${port === undefined ? "" : `:${port}`}`;
  return `SIP/2.0/${transport} ${sentBy}${formatSipParameters(parameters)}`;
}

/** A host as URIs and Via bear it: IPv6 in brackets, without the zone, which means nothing to anybody else. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host.replace(/%.*$/, "")}]` : host;
}
