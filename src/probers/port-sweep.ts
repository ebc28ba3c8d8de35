/**
 * Asks every port of a range whether the network lets packets through. Nothing is said that a service would
 * understand: TCP connects and closes, UDP sends one empty datagram, so an open port is never more than open.
 */
import type { Sweep } from "../model/prober.ts";

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
      "TCP: a connection request to each port, closed at once when it is accepted. UDP: one empty datagram to each port.",
    accepts: "TCP: accept, reset or an ICMP error. UDP: any datagram or an ICMP error.",
    proves:
      "That packets to the port get through (accepted, reset, port-unreachable) or are rejected. It never proves a service.",
    triggers: "Connection log lines at services that listen in the range; a burst that intrusion detection may notice.",
    specification: ["RFC 9293 section 3.5.2", "RFC 792", "RFC 1122 section 3.2.2.1", "RFC 4443 section 3.1"],
  },
  payload: () => new Uint8Array(0),
};
