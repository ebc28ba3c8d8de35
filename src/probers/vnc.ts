/**
 * VNC by its first twelve bytes (RFC 6143 section 7.1.1). Servers count every connection that ends without a log-on as
 * a failed one and lock its address out after a few: measured on TigerVNC 1.12, the sixth is refused. So this prober
 * connects once, says nothing, and its manners keep the next time far away.
 */
import type { Connection, Dialogue, Reading, World } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import {
  decodeRfbRefusal,
  decodeRfbVersion,
  type RfbVersion,
  rfbRefusalLength,
  rfbVersionLength,
} from "../wire/rfb.ts";
import { within } from "./within.ts";

/** A refusal that comes unasked comes with the version, or right behind it. */
const LINGER_MS = 300;

/** Whatever else the peer says is left where it is. */
const UNREAD_BYTES = 64 * 1024;

const QUARTER_OF_AN_HOUR_MS = 15 * 60_000;

export const vnc: Dialogue<Record<string, never>> = {
  kind: "dialogue",
  id: "vnc",
  transports: ["tcp"],
  silence: "inconclusive",
  manners: { minIntervalMs: QUARTER_OF_AN_HOUR_MS },
  params: {},
  giveUpMs: 10_000,
  cost: { packets: 0, bytes: 0 },
  about: {
    protocol: "VNC (RFB)",
    title: "VNC version",
    sends: "Nothing: one connection, which is closed after the server's first twelve bytes.",
    accepts:
      "A line of twelve bytes such as RFB 003.008: a version of three digits, a point and three digits. A refusal right behind it (version 003.003, four zero bytes and a reason) counts as one by the service.",
    proves:
      "A VNC server answered. Version 000.000 is a repeater's, which stands before other machines: then nothing is proven of the one that was asked.",
    triggers:
      "Counts as a failed log-on: TigerVNC refuses an address from its sixth such connection on, for a time that doubles, and UltraVNC counts alike. One connection a run, none again for 15 minutes, and never from the address that administrators use. Some servers ask the person at the screen.",
    specification: ["RFC 6143 sections 7.1.1 and 7.1.2, and appendix A"],
  },
  async run(_params, ask) {
    const connection = await ask.connect();
    if (connection === undefined) return undefined;
    const bytes = await connection.receive(rfbVersionLength, UNREAD_BYTES);
    if (bytes === undefined) return undefined;
    const version = decodeRfbVersion(bytes);
    return readingOf(version, await refusalBehind(version, connection, ask.world));
  },
};

/** The reason why the server refuses everybody from our address; undefined where it waits for the client to speak. */
async function refusalBehind(version: RfbVersion, connection: Connection, world: World): Promise<string | undefined> {
  // Only in version 3.3 does the server go on alone.
  if (version.major !== 3 || version.minor !== 3) return undefined;
  try {
    const bytes = await within(world, LINGER_MS, connection.receive(rfbRefusalLength, UNREAD_BYTES));
    return bytes === undefined ? undefined : decodeRfbRefusal(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // What is no refusal does not take the version back.
    return undefined;
  }
}

function readingOf({ major, minor }: RfbVersion, refusal: string | undefined): Reading {
  const version = `${major}.${minor}`;
  if (major === 0) {
    const detail = "a VNC repeater answers, which stands before other machines";
    return { service: "intermediary", detail, evidence: { version } };
  }
  if (refusal === undefined) return { service: "confirmed", detail: `RFB ${version}`, evidence: { version } };
  return {
    service: "refused",
    detail: `a VNC server answers, and refuses our address: ${refusal}`,
    evidence: { version, refusal },
    warnings: ["the server has locked our address out: ask it no more for a while"],
  };
}
