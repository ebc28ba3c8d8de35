/**
 * NetBIOS datagram service, UDP 138 (RFC 1002 section 4.4). An accepted datagram is never answered, so silence is the
 * normal case and proves nothing; what can come is an ICMP error, or an error packet from a strict implementation.
 */
import type { Oneshot } from "../model/prober.ts";
import { Reader } from "../wire/bytes.ts";
import { datagramErrorName, decodeNetbiosDatagram, encodeNetbiosDatagram, type NetbiosName } from "../wire/netbios.ts";

/** A name that nobody has, so that nobody takes the datagram for a message. */
const ABSENT: NetbiosName = { name: "UNITYPROBE-NONE", suffix: 0x20 };
const OURSELVES: NetbiosName = { name: "UNITYPROBE", suffix: 0x00 };

/** An error packet ends with its code (RFC 1002 section 4.4.3); the codec passes over what follows. */
const ERROR_BYTES = 11;

export const netbiosDatagram: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "netbios-datagram",
  transports: ["udp"],
  ipv4Only: true,
  silence: "inconclusive",
  schedule: { sendsAtMs: [0, 500, 1_000], giveUpMs: 1_500, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "the NetBIOS datagram service",
    title: "NetBIOS datagram to a name that nobody has",
    sends: "Three DIRECT_UNIQUE datagrams without data, from UNITYPROBE to a name that does not exist.",
    accepts: "A DATAGRAM ERROR with our datagram id. Nothing else is ever sent back by design.",
    proves:
      "Silence proves nothing: an accepted datagram is not answered. An ICMP error shows a closed or filtered port.",
    triggers: "Nothing known.",
    specification: ["RFC 1002 sections 4.4 and 5.3"],
  },
  start(_params, ask, local) {
    const datagramId = new Reader(ask.world.randomBytes(2)).u16("be");
    const request = encodeNetbiosDatagram({
      type: "directUnique",
      datagramId,
      // NetBIOS knows IPv4 only.
      sourceAddress: local.address.includes(":") ? "0.0.0.0" : local.address,
      sourcePort: local.port,
      source: OURSELVES,
      destination: ABSENT,
      data: new Uint8Array(0),
    });
    return {
      request: () => request,
      read(bytes) {
        const reply = decodeNetbiosDatagram(bytes);
        const isError = reply.type === "datagramError" && bytes.length === ERROR_BYTES;
        if (!isError || reply.datagramId !== datagramId) return {};
        const name = datagramErrorName(reply.code);
        return {
          final: {
            service: "refused",
            detail: `the datagram service answers: ${name}`,
            evidence: { error: name, spoofResistance: "16-bit id" },
          },
        };
      },
    };
  },
};
