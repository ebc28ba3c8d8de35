/** A few prober heads to parse profiles against: one of each kind, none of them ever run here. */
import type { Dialogue, Oneshot, Prober, Sweep } from "../../src/model/prober.ts";

const about = { protocol: "", title: "", sends: "", accepts: "", proves: "", triggers: "", specification: [] };
const manners = { minIntervalMs: 0 };

const ntp: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "ntp",
  transports: ["udp"],
  silence: "fail",
  manners,
  params: {},
  about,
  schedule: { sendsAtMs: [0, 1000, 3000], giveUpMs: 6000, replyFrom: "same" },
  start: () => ({ request: () => new Uint8Array(48), read: () => ({}) }),
};

const ldapBind: Dialogue<{ startTls?: boolean }> = {
  kind: "dialogue",
  id: "ldap-bind",
  transports: ["tcp"],
  silence: "fail",
  manners,
  params: {
    baseDn: { type: "string", about: "Where to begin.", maxLength: 20 },
    startTls: { type: "boolean", about: "Ask for StartTLS.", startsTls: true },
    bindDn: { type: "string", about: "Who binds.", needs: "password" },
    password: { type: "secret", about: "Their password.", needs: "bindDn" },
    sizeLimit: { type: "integer", about: "Most entries." },
  },
  about,
  giveUpMs: 10_000,
  cost: { packets: 3, bytes: 400 },
  run: async () => undefined,
};

const kerberos: Oneshot<Record<string, never>> = {
  ...ntp,
  id: "kerberos",
  transports: ["tcp", "udp"],
  start: () => ({ request: () => new Uint8Array(200), read: () => ({}) }),
};

const stun: Oneshot<Record<string, never>> = {
  ...kerberos,
  id: "stun",
  conversation: { giveUpMs: 15_000, cost: { packets: 5, bytes: 500 }, run: async () => undefined },
};

const portSweep: Sweep<Record<string, never>> = {
  kind: "sweep",
  id: "port-sweep",
  transports: ["tcp", "udp"],
  silence: "inconclusive",
  manners,
  params: {},
  about,
  payload: () => new Uint8Array(4),
};

const netbiosDatagram: Oneshot<Record<string, never>> = { ...ntp, id: "netbios-datagram", silence: "inconclusive" };

export const heads: ReadonlyMap<string, Prober> = new Map(
  [kerberos, ldapBind, netbiosDatagram, ntp, portSweep, stun].map((head) => [head.id, head]),
);
