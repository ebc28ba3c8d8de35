/** What the lab needs of the machine. A lab that cannot run is an error that names everything missing, never a skip. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const PROGRAMS: Readonly<Record<string, string>> = {
  ip: "iproute2",
  ss: "iproute2",
  nft: "nftables",
  sysctl: "procps",
  mount: "mount",
  setpriv: "util-linux",
  samba: "samba-ad-dc and samba",
  "samba-tool": "samba-common-bin",
  nmblookup: "samba-common-bin",
  chronyd: "chrony",
  turnserver: "coturn",
  python3: "python3",
  kamailio: "kamailio and kamailio-tls-modules",
  sipp: "sip-tester",
  text2pcap: "wireshark-common",
  xrdp: "xrdp",
  Xtigervnc: "tigervnc-standalone-server",
  snmpd: "snmpd",
  exim4: "exim4-daemon-light",
  nginx: "nginx-light",
  openssl: "openssl",
  tshark: "tshark",
  dumpcap: "wireshark-common",
  prometheus: "prometheus",
  "prometheus-alertmanager": "prometheus-alertmanager",
  amtool: "prometheus-alertmanager",
};

const FILES: Readonly<Record<string, string>> = {
  "/usr/share/samba/setup": "Debian package samba-ad-provision",
  "/etc/nsswitch.conf": "Debian package base-files",
  "/dev/net/tun": "the kernel's TUN driver",
  "bin/unity-probe.js": "npm run build",
  dist: "npm run build",
};

/** Throws one error with everything that is missing. Paths are relative to the project. */
export function assertRequirements(): void {
  const missing = [
    ...(process.platform === "linux" ? [] : [`Linux (this is ${process.platform}): network namespaces and nftables`]),
    ...(process.getuid?.() === 0 ? [] : ["root: only root may make network namespaces"]),
    ...Object.entries(PROGRAMS)
      .filter(([program]) => !isProgram(program))
      .map(([program, from]) => `the program ${program} (Debian package ${from})`),
    ...Object.entries(FILES)
      .filter(([file]) => !existsSync(file))
      .map(([file, from]) => `${file} (${from})`),
  ];
  if (missing.length > 0) throw new Error(`the lab cannot run here; missing:\n  ${missing.join("\n  ")}`);
}

function isProgram(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
