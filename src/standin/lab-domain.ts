/** The domain that all stand-ins of a domain controller belong to, under every name that a protocol calls it. */
export const LAB = {
  host: "dc01.lab.test",
  dnsDomain: "lab.test",
  realm: "LAB.TEST",
  dn: "DC=lab,DC=test",
  netbiosHost: "DC01",
  netbiosDomain: "LAB",
  site: "Default-First-Site-Name",
} as const;
