/** Who lives where in the lab, and the names that an agent knows. */

export interface AddressPair {
  readonly v4: string;
  readonly v6: string;
}

/** The domain controller. */
export const DC = onLan(2);
/** No machine has this address. */
export const MISSING_HOST = onLan(99);
/** An agent has no route there. */
export const NO_ROUTE = { v4: "10.78.0.2", v6: "fd78::2" } as const;

/*
 * The stranger, a machine beside the domain controller that is none: each of its addresses behaves in another way.
 */

/** Nothing listens. */
export const EMPTY = onLan(10);
/** Its own firewall drops whatever comes, as Windows does where nothing listens. */
export const DEAF = onLan(11);
/** Accepts every TCP port there is, and never says a word. */
export const ACCEPTS_ALL = onLan(12);
/** Each of these serves the TCP ports of the profile, and no others. */
export const WEB_SERVER = onLan(13);
export const SSH_BANNER = onLan(14);
export const SILENT = onLan(15);
export const CLOSES = onLan(16);
export const RESETS = onLan(17);

/** LDAPS in front of the domain controller's LDAP; the certificate is a file of test/fixtures/tls. */
export interface LdapsFront {
  readonly name: string;
  readonly address: AddressPair;
  readonly certificate: string;
  readonly maxVersion?: "TLSv1.2";
  /** Where the stranger's server listens for it. */
  readonly listenPort: number;
}

/** Without fault for whoever trusts its certificate. */
export const TRUSTED_LDAPS: LdapsFront = {
  name: "dc01.example.com",
  address: onLan(21),
  certificate: "self-signed",
  listenPort: 8021,
};
export const TLS_1_2_LDAPS: LdapsFront = {
  name: "dc01",
  address: onLan(22),
  certificate: "self-signed",
  maxVersion: "TLSv1.2",
  listenPort: 8022,
};
export const MISNAMED_LDAPS: LdapsFront = {
  name: "dc02.example.com",
  address: onLan(23),
  certificate: "self-signed",
  listenPort: 8023,
};
export const EXPIRED_LDAPS: LdapsFront = {
  name: "old.example.com",
  address: onLan(24),
  certificate: "expired",
  listenPort: 8024,
};
export const LDAPS_FRONTS: readonly LdapsFront[] = [TRUSTED_LDAPS, TLS_1_2_LDAPS, MISNAMED_LDAPS, EXPIRED_LDAPS];

export const STRANGER_ADDRESSES: readonly AddressPair[] = [
  ...[EMPTY, DEAF, ACCEPTS_ALL, WEB_SERVER, SSH_BANNER, SILENT, CLOSES, RESETS],
  ...LDAPS_FRONTS.map(({ address }) => address),
];

/** A machine on which nothing but what a test starts listens. */
export const SWEPT = onLan(40);

/*
 * The machines of the documents, on one more machine beside the domain controller: an address for each, with the servers
 * that live together there. `service-hosts.ts` says which.
 */
export const UNITY = onLan(50);
export const SIP_ENDPOINT = onLan(51);
export const UM_SERVER = onLan(52);
export const LCS_SERVER = onLan(53);
export const EDGE = onLan(54);
/** The address of an Edge Server at which SIP is spoken on 443. */
export const ACCESS_EDGE = onLan(55);
/** The address at which it relays calls, as its specification prints that. */
export const A_V_EDGE = onLan(61);
export const FRONT_END = onLan(56);
export const CUCM = onLan(57);
/** Three tempers of STUN server. */
export const STUN_SERVER = onLan(58);
export const STRICT_STUN_SERVER = onLan(59);
export const OPEN_RELAY_SERVER = onLan(60);
export const SERVICE_ADDRESSES: readonly AddressPair[] = [
  ...[UNITY, SIP_ENDPOINT, UM_SERVER, LCS_SERVER, EDGE, ACCESS_EDGE, A_V_EDGE, FRONT_END, CUCM],
  ...[STUN_SERVER, STRICT_STUN_SERVER, OPEN_RELAY_SERVER],
];

/** Names that an agent can resolve; any other does not exist, because its resolver asks nobody. */
export const DUAL_STACK_NAME = "dc01.lab.test";
export const HALF_DEAD_NAME = "dc02.lab.test";
/** Its IPv6 address has no route. */
export const HALF_ROUTED_NAME = "dc03.lab.test";
export const UNKNOWN_NAME = "dc99.lab.test";

/** The agents' /etc/hosts. */
export const HOSTS = [
  "127.0.0.1 localhost",
  `${DC.v4} ${DUAL_STACK_NAME}`,
  `${DC.v6} ${DUAL_STACK_NAME}`,
  `${DC.v4} ${HALF_DEAD_NAME}`,
  `${MISSING_HOST.v4} ${HALF_DEAD_NAME}`,
  `${DC.v4} ${HALF_ROUTED_NAME}`,
  `${NO_ROUTE.v6} ${HALF_ROUTED_NAME}`,
  ...LDAPS_FRONTS.map(({ name, address }) => `${address.v4} ${name}`),
  "",
].join("\n");

/** The host of this number on the domain controller's network. */
export function onLan(host: number): AddressPair {
  return { v4: `10.77.2.${host}`, v6: `fd77:0:0:2::${host}` };
}
