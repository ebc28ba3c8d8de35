/** The values of From, To and Contact (RFC 3261 section 20.10): a URI, perhaps with a name in front, and parameters. */
import { formatSipParameters, isSipToken, quoteSip, type SipParameter, SipTextReader } from "./sip-text.ts";

export interface SipAddress {
  readonly displayName?: string;
  /** As written: any scheme, and nothing of it is checked. */
  readonly uri: string;
  /** Of the header, not of the URI: `tag` for instance. */
  readonly parameters: readonly SipParameter[];
}

/**
 * One address. Without `<...>` a semicolon ends the URI, and a comma or question mark is `malformed` (section 20.10).
 * Blanks between the URI and its brackets are passed over.
 */
export function decodeSipAddress(text: string): SipAddress {
  const reader = new SipTextReader(text);
  if (reader.next === '"') {
    const displayName = reader.quoted();
    reader.expect("<");
    return { displayName, ...inBrackets(reader) };
  }
  if (!text.includes("<")) {
    const uri = reader.run(/[^\s;,?"]/, "a URI");
    return { uri, parameters: reader.parameters() };
  }
  const displayName = reader.next === "<" ? "" : reader.run(/[^<]/, "a name").trim();
  const words = displayName.split(/\s+/);
  if (displayName !== "" && !words.every(isSipToken)) throw reader.error("a name that should be quoted");
  reader.expect("<");
  return { ...(displayName === "" ? {} : { displayName }), ...inBrackets(reader) };
}

function inBrackets(reader: SipTextReader): Pick<SipAddress, "uri" | "parameters"> {
  const uri = reader.until(">").trim();
  if (!/^[^\s<>"]+$/.test(uri)) throw reader.error(`the URI ${JSON.stringify(uri)}`);
  return { uri, parameters: reader.parameters() };
}

/** The address as a header's value, always with `<...>`. */
export function formatSipAddress({ displayName, uri, parameters }: SipAddress): string {
  const name = displayName === undefined ? "" : `${quoteSip(displayName)} `;
  return `${name}<${uri}>${formatSipParameters(parameters)}`;
}
