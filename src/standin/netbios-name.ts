/** The NetBIOS name service (RFC 1002 section 4.2) of a domain controller, as far as its node status. */
import { decodeNodeStatus, encodeNodeStatus, NODE_NAME_FLAG, type NodeName } from "../wire/netbios-node-status.ts";
import { LAB } from "./lab-domain.ts";
import type { UdpStandIn } from "./stand-in.ts";

const OWN = NODE_NAME_FLAG.active;
const SHARED = NODE_NAME_FLAG.active | NODE_NAME_FLAG.group;

const NAMES: readonly NodeName[] = [
  { name: LAB.netbiosHost, suffix: 0x00, flags: OWN },
  { name: LAB.netbiosDomain, suffix: 0x00, flags: SHARED },
  { name: LAB.netbiosDomain, suffix: 0x1c, flags: SHARED },
  { name: LAB.netbiosHost, suffix: 0x20, flags: OWN },
  { name: LAB.netbiosDomain, suffix: 0x1b, flags: OWN },
];

/** RFC 7042 section 2.1.2 keeps these addresses for documentation. */
const MAC = Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x53, 0x01);

/** Answers whoever asks for any name, or for one that it has. */
export function netbiosName(): UdpStandIn {
  return {
    transport: "udp",
    answer(datagram) {
      const request = decodeNodeStatus(datagram);
      if (request.type !== "nodeStatusRequest") return undefined;
      const { transactionId, name } = request;
      const ours = NAMES.some((each) => each.name === name.name && each.suffix === name.suffix);
      if (name.name !== "*" && !ours) return undefined;
      return encodeNodeStatus({ type: "nodeStatusResponse", transactionId, name, names: NAMES, unitId: MAC });
    },
  };
}
