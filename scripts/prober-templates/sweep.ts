/**
 * Write me: what each port of a range is sent, and why these bytes. Until then it is nothing: TCP only connects, UDP
 * sends an empty datagram.
 */
import type { Sweep } from "../../src/model/prober.ts";

export const template: Sweep<Record<string, never>> = {
  kind: "sweep",
  id: "template",
  transports: ["udp"],
  silence: "inconclusive",
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "none",
    title: "Port sweep",
    sends: "One empty datagram to each port.",
    accepts: "Any datagram or an ICMP error.",
    proves: "That packets to the port get through or are rejected. It never proves a service.",
    triggers: "A burst that intrusion detection may notice.",
    specification: ["RFC 768"],
  },
  payload: () => new Uint8Array(0),
};
