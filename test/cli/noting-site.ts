/**
 * A site for tests of flags: an LDAP stand-in, a silent TCP and a silent UDP port that note who asked them, and a closed
 * port, with a profile that names them.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Endpoint } from "../../src/model/ports.ts";
import { listenTcp, listenUdp } from "../../src/net/listen.ts";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { ldap } from "../../src/standin/ldap.ts";
import { serve } from "../../src/standin/stand-in.ts";
import { type Environment, run } from "./command.ts";

export interface NotingSite extends AsyncDisposable {
  readonly profile: string;
  readonly ports: { readonly ldap: number; readonly tcp: number; readonly udp: number; readonly closed: number };
  /** Who asked one of the silent ports. */
  readonly heard: Endpoint[];
}

export async function notingSite(): Promise<NotingSite> {
  const heard: Endpoint[] = [];
  const note = (from: Endpoint) => void heard.push(from);
  const listeners = await Promise.all([
    serve(ldap({ wallMs: Date.now }), "127.0.0.1", 0),
    listenTcp("127.0.0.1", 0, async (connection) => {
      note(connection.remote);
      await connection.receive(() => undefined, 1_000);
    }),
    listenUdp("127.0.0.1", 0, (_datagram, from) => note(from)),
  ]);
  const [ldapPort, tcp, udp] = listeners.map(({ local }) => local.port) as [number, number, number];
  const ports = { ldap: ldapPort, tcp, udp, closed: await freePort("tcp") };
  const folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  const profile = join(folder, "site.yaml");
  await writeFile(profile, profileText(ports));
  return {
    profile,
    ports,
    heard,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
      await rm(folder, { recursive: true });
    },
  };
}

function profileText({ ldap: ldapPort, tcp, udp, closed }: NotingSite["ports"]): string {
  const rows = [
    `{service: LDAP, ports: [tcp/${ldapPort}], prober: ldap-bind}`,
    `{service: Quiet TCP, ports: [tcp/${tcp}], prober: ldap-bind}`,
    `{service: Quiet UDP, ports: [udp/${udp}], prober: ntp}`,
    `{service: Optional, ports: [tcp/${closed}], prober: ldap-bind, required: false}`,
    "{service: Range, ports: [tcp/$range], prober: port-sweep, expect: path}",
  ];
  const variables = `variables:\n  range: {default: ${closed}-${closed}, about: a range}\n`;
  const head = "id: site\ntitle: Here → there\nproduct: Test\nfrom: here\nto: there\n";
  return `${head}${variables}rows:\n${rows.map((row) => `  - ${row}\n`).join("")}`;
}

/** A port that is free now. */
export async function freePort(transport: "tcp" | "udp"): Promise<number> {
  const found = transport === "tcp" ? await listenTcp("0.0.0.0", 0, () => {}) : await listenUdp("0.0.0.0", 0, () => {});
  await found.close();
  return found.local.port;
}

/** A run of the site, on loopback unless the words name a host, as its document. */
export async function askSite({ profile }: NotingSite, args: readonly string[], environment?: Environment) {
  const host = args.includes("--host") ? [] : ["--host", "127.0.0.1"];
  // Long for a machine that is busy, and over before NTP asks again.
  const words = ["--profile", profile, ...host, "--timeout", "1500ms", "-o", "json", ...args];
  const { exitCode, stdout, stderr } = await run(words, environment);
  expect(stderr).toBe("");
  const document = JSON.parse(stdout) as ReportDocument;
  const results = document.results.filter(({ canary }) => canary !== true);
  return { exitCode, document, results, row: (service: string) => results.find((one) => one.service === service)! };
}

export function outcomesOf(results: readonly ResultEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ service, outcome }) => [service, outcome]));
}
