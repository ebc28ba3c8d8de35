/**
 * NetBIOS name service, UDP 137 (RFC 1002 section 4.2): the node status, in which a machine tells all the names that it
 * answers to. Silence is a failure: whoever runs the service has to answer this question (RFC 1002 section 5.1), and a
 * host firewall that keeps it from us, as Windows' does for other subnets, keeps everybody beside us from it as well.
 */
import type { Oneshot, Reading } from "../model/prober.ts";
import { Reader } from "../wire/bytes.ts";
import {
  ANY_NAME,
  decodeNodeStatus,
  encodeNodeStatus,
  NODE_NAME_FLAG,
  type NodeName,
  type NodeStatusResponse,
} from "../wire/netbios-node-status.ts";

/** What a name is registered for, by its last byte (MS-BRWS section 2.1.1.1). */
const SUFFIX = { workstation: 0x00, fileServer: 0x20, masterBrowser: 0x1b, controllers: 0x1c } as const;

/** A Samba has this name, and sends whatever lay in its memory where others have their MAC address. */
const SAMBA = "__SAMBA__";

export const netbiosName: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "netbios-name",
  transports: ["udp"],
  ipv4Only: true,
  silence: "fail",
  schedule: { sendsAtMs: [0, 750, 1_500], giveUpMs: 4_000, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "the NetBIOS name service",
    title: "NetBIOS node status (NBSTAT)",
    sends: "A node status request for the name *, which every machine has: 50 bytes with a random id.",
    accepts: "A node status response with our id.",
    proves: "A NetBIOS name service answered, which names its machine has, and usually its MAC address.",
    triggers: "Nothing known. The answer is up to five times longer than the request.",
    specification: ["RFC 1002 sections 4.2.17, 4.2.18 and 5.1"],
  },
  start(_params, ask) {
    const transactionId = new Reader(ask.world.randomBytes(2)).u16("be");
    const request = encodeNodeStatus({ type: "nodeStatusRequest", transactionId, name: ANY_NAME });
    return {
      request: () => request,
      read(bytes) {
        const reply = decodeNodeStatus(bytes);
        if (reply.type !== "nodeStatusResponse" || reply.transactionId !== transactionId) return {};
        return { final: readingOf(reply) };
      },
    };
  },
};

function readingOf(status: NodeStatusResponse): Reading {
  const { names } = status;
  const mac = macOf(status);
  return {
    service: "confirmed",
    detail: [whoIs(names), ...rolesOf(names), ...(mac === undefined ? [] : [`MAC ${mac}`])].join(", "),
    evidence: {
      names: names.map(nameText),
      ...(mac === undefined ? {} : { mac }),
      spoofResistance: "16-bit id",
    },
  };
}

/** `LAB\DC01`, as far as the names tell. */
function whoIs(names: readonly NodeName[]): string {
  const [host, domain] = [hostOf(names), domainOf(names)];
  if (host === undefined) return "answers without a name of its own";
  return domain === undefined ? host : `${domain}\\${host}`;
}

function hostOf(names: readonly NodeName[]): string | undefined {
  const own = names.filter((each) => !isGroup(each));
  // Programs register names of their own as workstations; as file server there is only the machine's.
  return (
    own.find(({ suffix }) => suffix === SUFFIX.fileServer) ?? own.find(({ suffix }) => suffix === SUFFIX.workstation)
  )?.name;
}

function domainOf(names: readonly NodeName[]): string | undefined {
  return names.find((each) => each.suffix === SUFFIX.workstation && isGroup(each) && each.name !== SAMBA)?.name;
}

/** The web server of Windows registers 1c too, but not for the domain's name. */
function rolesOf(names: readonly NodeName[]): readonly string[] {
  const has = (name: string | undefined, wanted: number, group: boolean): boolean =>
    names.some((each) => each.name === name && each.suffix === wanted && isGroup(each) === group);
  const [host, domain] = [hostOf(names), domainOf(names)];
  return [
    ...(has(domain, SUFFIX.controllers, true) ? ["domain controller"] : []),
    ...(has(domain, SUFFIX.masterBrowser, false) ? ["domain master browser"] : []),
    ...(has(host, SUFFIX.fileServer, false) ? ["file server"] : []),
  ];
}

function isGroup({ flags }: NodeName): boolean {
  return (flags & NODE_NAME_FLAG.group) !== 0;
}

/** `DC01<20>`, as every tool writes it. */
function nameText(each: NodeName): string {
  const suffix = each.suffix.toString(16).padStart(2, "0");
  const conflict = (each.flags & NODE_NAME_FLAG.conflict) !== 0;
  return `${each.name}<${suffix}>${isGroup(each) ? " group" : ""}${conflict ? " in conflict" : ""}`;
}

/** The unit id, where it can be the address of a network card: not zero, and not that of a multicast group. */
function macOf({ names, unitId }: NodeStatusResponse): string | undefined {
  if (unitId === undefined || names.some(({ name }) => name === SAMBA)) return undefined;
  if (unitId.every((byte) => byte === 0) || (unitId[0]! & 1) === 1) return undefined;
  return Array.from(unitId, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
