/** The LDAP ping over UDP (MS-ADTS section 6.3.3) as a domain controller answers it that holds every role. */
import { utf8Text } from "../wire/bytes.ts";
import { decodeCldap, encodeCldap } from "../wire/cldap.ts";
import type { LdapOperation } from "../wire/ldap.ts";
import type { SearchEntry, SearchRequest } from "../wire/ldap-search.ts";
import { encodeNetlogonResponse, NETLOGON_ATTRIBUTE, NETLOGON_OPCODE } from "../wire/netlogon.ts";
import { LAB } from "./lab-domain.ts";
import type { UdpStandIn } from "./stand-in.ts";

/** PDC, GC, LDAP, DS, KDC, TIMESERV, CLOSEST, WRITABLE and GOOD_TIMESERV. */
const EVERY_ROLE = 0x0000_03fd;

export function ldapPing(): UdpStandIn {
  return {
    transport: "udp",
    answer(datagram) {
      const { messageId, operation } = decodeCldap(datagram)[0]!;
      if (operation.type !== "searchRequest") return undefined;
      const done: LdapOperation = { type: "searchDone", result: { code: 0, matchedDn: "", diagnostic: "" } };
      const found = isHosted(operation) ? [netlogonEntry(), done] : [done];
      return encodeCldap(found.map((each) => ({ messageId, operation: each })));
    },
  };
}

/** Whether the ping is for our domain, or for whichever domain we have; no other filter than the ping's finds anything. */
function isHosted({ filter }: SearchRequest): boolean {
  const filters = filter.type === "and" ? filter.filters : [];
  const wanted = new Map(
    filters.flatMap((each) => (each.type === "equality" ? [[each.attribute.toLowerCase(), each.value] as const] : [])),
  );
  const domain = wanted.get("dnsdomain");
  return wanted.has("ntver") && (domain === undefined || utf8Text(domain).toLowerCase() === LAB.dnsDomain);
}

function netlogonEntry(): SearchEntry {
  const value = encodeNetlogonResponse({
    opcode: NETLOGON_OPCODE.response,
    flags: EVERY_ROLE,
    domainGuid: "0f5f34b1-3c53-4b5d-9a3f-5f0c1d6a7e42",
    forest: LAB.dnsDomain,
    domain: LAB.dnsDomain,
    host: LAB.host,
    netbiosDomain: LAB.netbiosDomain,
    netbiosHost: LAB.netbiosHost,
    user: "",
    serverSite: LAB.site,
    clientSite: LAB.site,
  });
  return { type: "searchEntry", objectName: "", attributes: [{ name: NETLOGON_ATTRIBUTE, values: [value] }] };
}
