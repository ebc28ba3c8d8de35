/**
 * Asks every port of a range whether the network lets packets through. Nothing is said that a service would
 * understand: TCP connects and closes, UDP sends one empty datagram, so an open port is never more than open. Media ports
 * get a STUN Binding request instead: gateways latch on to the sender of a stray packet, and least to one of those.
 */
import type { Sweep } from "../model/prober.ts";
import { encodeStun } from "../wire/stun.ts";
import { bindingRequest } from "./stun-requests.ts";

export const portSweep: Sweep<Record<string, never>> = {
  kind: "sweep",
  id: "port-sweep",
  transports: ["tcp", "udp"],
  silence: "inconclusive",
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "TCP or UDP",
    title: "Port sweep",
    sends:
      "TCP: a connection request to each port, and no byte in the connection. One that is accepted is held for 300 ms, because a middle box may accept and then reset. UDP: one empty datagram to each port; where the row has media, a STUN Binding request (20 bytes), the same to each.",
    accepts: "TCP: accept, reset or an ICMP error. UDP: any datagram or an ICMP error.",
    proves:
      "That packets to the port get through (accepted, reset, port-unreachable) or are rejected. It never proves a service.",
    triggers:
      "Connection log lines at services that listen in the range; a burst that intrusion detection may notice. A media gateway that takes the sender of the first packet for its partner may send a live call astray: a Binding request lowers that danger and does not remove it, so media rows are asked on request only.",
    specification: [
      "RFC 9293 section 3.5.2",
      "RFC 792",
      "RFC 1122 section 3.2.2.1",
      "RFC 4443 section 3.1",
      "RFC 8489 section 6.1",
    ],
  },
  payload: (_params, { media, world }) => (media ? encodeStun(bindingRequest(world).message) : new Uint8Array(0)),
};
